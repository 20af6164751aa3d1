/// Kind of a file that is no capture, recognized by its first bytes, with advice on how to obtain a capture from it.
struct FileSignature {
  /// Name with its article: `a ZIP archive`.
  var name: String
  /// Advice on what to do about it.
  var advice: String

  /// Number of bytes that the longest test examines.
  static let length = 512

  private struct Pattern {
    var bytes: [UInt8]
    var offset = 0
    var name: String
    var advice = notACapture
  }

  private static let notACapture = "give a pcap or pcapng file"
  static let convert = "convert it: editcap -F pcap FILE out.pcap"
  /// Advice for formats in which each packet has its own link type, which editcap cannot write to pcap.
  private static let convertEthernet = "convert it: editcap -T ether -F pcap FILE out.pcap (with another -T where it is not of Ethernet)"

  private static func unpack(_ command: String) -> String { "unpack it: \(command) FILE | reasm -r - -o DIR" }

  private static let patterns: [Pattern] = [
    Pattern(bytes: [0x5d, 0x00, 0x00], name: "an LZMA-compressed file", advice: unpack("xz -dc")),
    Pattern(bytes: [0x1f, 0x9d], name: "a file compressed by compress(1)", advice: unpack("gzip -dc")),
    Pattern(bytes: Array("PK\u{3}\u{4}".utf8), name: "a ZIP archive", advice: unpack("unzip -p")),
    Pattern(bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], name: "a 7-Zip archive", advice: "unpack it first: 7z x FILE"),
    Pattern(bytes: Array("Rar!".utf8), name: "a RAR archive", advice: "unpack it first: unrar x FILE"),
    Pattern(bytes: Array("ustar".utf8), offset: 257, name: "a tar archive", advice: "unpack it first: tar xf FILE"),
    Pattern(bytes: Array("snoop\0\0\0".utf8), name: "a snoop capture", advice: convert),
    Pattern(bytes: Array("XCP\0".utf8), name: "a NetXRay or Windows Sniffer capture", advice: convert),
    Pattern(bytes: Array("GMBU".utf8), name: "a Microsoft Network Monitor capture", advice: convert),
    Pattern(bytes: Array("RTSS".utf8), name: "a Microsoft Network Monitor 1 capture", advice: convert),
    Pattern(bytes: Array("TRSNIFF data".utf8), name: "a DOS Sniffer capture", advice: convert),
    Pattern(bytes: Array("\u{7f}ver".utf8), name: "an EtherPeek or OmniPeek capture", advice: convert),
    Pattern(bytes: [0x1c, 0x00, 0x01, 0xac], name: "an IXIA hardware capture", advice: convert),
    Pattern(bytes: [0xac, 0x01, 0x00, 0x1c], name: "an IXIA hardware capture", advice: convert),
    Pattern(bytes: [0x1c, 0x00, 0x01, 0xab], name: "an IXIA software capture", advice: convert),
    Pattern(bytes: [0xab, 0x01, 0x00, 0x1c], name: "an IXIA software capture", advice: convert),
    Pattern(bytes: [0xaa, 0xaa, 0xaa, 0xaa], name: "an InfoVista 5View capture", advice: convert),
    Pattern(bytes: [0x01, 0x10, 0x4c, 0x00], name: "a Novell LANalyzer capture", advice: convert),
    Pattern(bytes: [0x07, 0x10, 0x4c, 0x00], name: "a Novell LANalyzer capture", advice: convert),
    Pattern(bytes: Array("\u{5}VNF".utf8), name: "a Visual Networks capture", advice: convert),
    Pattern(bytes: Array("ObserverPktBuffe".utf8), name: "a Viavi Observer capture", advice: convert),
    Pattern(bytes: [0x00, 0x00, 0x02, 0x00, 0x12, 0x05, 0x00, 0x10], name: "a Tektronix K12 capture", advice: convertEthernet),
    Pattern(bytes: Array("+---------+---------------+".utf8), name: "a K12 text capture", advice: convertEthernet),
    Pattern(bytes: Array("iptrace ".utf8), name: "an AIX iptrace capture", advice: convertEthernet),
    Pattern(bytes: [0x54, 0x52, 0x00, 0x64, 0x00], name: "an HP-UX nettl trace", advice: convertEthernet),
    Pattern(bytes: Array("btsnoop\0".utf8), name: "a Bluetooth HCI log", advice: "it holds no TCP; \(notACapture)"),
    Pattern(bytes: [0x7f, 0x45, 0x4c, 0x46], name: "an ELF program or library"),
    Pattern(bytes: Array("MZ".utf8), name: "a Windows program"),
    Pattern(bytes: Array("%PDF".utf8), name: "a PDF document"),
    Pattern(bytes: [0x89, 0x50, 0x4e, 0x47], name: "a PNG image"),
    Pattern(bytes: [0xff, 0xd8, 0xff], name: "a JPEG image"),
    Pattern(bytes: Array("SQLite format 3\0".utf8), name: "an SQLite database"),
    Pattern(bytes: Array("PAR1".utf8), name: "a Parquet file"),
  ]

  /// Recognizes the first bytes of a file; nil if they are unknown.
  ///
  /// O(1).
  init?(_ start: [UInt8]) {
    if let pattern = Self.patterns.first(where: { start.dropFirst($0.offset).starts(with: $0.bytes) }) {
      name = pattern.name
      advice = pattern.advice
      return
    }
    guard !start.isEmpty, start.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || (0x09...0x0d).contains($0) }) else {
      guard !start.isEmpty, start.allSatisfy({ $0 == 0 }) else { return nil }
      name = "a file of zeros"
      advice = "the copy or the disk lost its contents; copy it again"
      return
    }
    let first = start.first { $0 != 0x20 && !(0x09...0x0d).contains($0) }
    switch first {
    case UInt8(ascii: "{"), UInt8(ascii: "["): name = "JSON text"
    case UInt8(ascii: "<"): name = "XML or HTML text"
    default: name = "text"
    }
    advice = "for a hex dump there is text2pcap FILE out.pcap; otherwise \(Self.notACapture)"
  }
}
