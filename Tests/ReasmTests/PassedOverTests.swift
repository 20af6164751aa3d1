import Foundation
import Testing

@testable import reasm

/// What is said of packets that hold no TCP segment.
@Suite struct PassedOverTests {
  private static func ethernet(_ type: UInt16, _ payload: [UInt8] = [UInt8](repeating: 0, count: 46)) -> [UInt8] {
    [UInt8](repeating: 2, count: 12) + [UInt8(type >> 8), UInt8(truncatingIfNeeded: type)] + payload
  }

  /// A conversation of four packets, and others behind it.
  private static func capture(_ others: [[UInt8]], linkType: UInt32 = 1) -> [UInt8] {
    var capture = linkType == 1 ? CaptureBytes.conversation() : CaptureBytes(linkType: linkType)
    for other in others { capture.packet(other) }
    return capture.bytes
  }

  private func run(_ others: [[UInt8]], _ arguments: [String] = [], linkType: UInt32 = 1) throws -> (Command.Outcome, [String: Any]) {
    let command = try Command(["a.pcap": Self.capture(others, linkType: linkType)])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out"] + arguments)
    let json = try #require(command.contents("out/run.json")?.data(using: .utf8))
    return (outcome, try #require(JSONSerialization.jsonObject(with: json) as? [String: Any]))
  }

  @Test func theSummaryNamesWhatWasPassedOverTheLargestFirst() throws {
    let metaData = Self.ethernet(0x8909, [9] + [UInt8](repeating: 0, count: 40))
    let (outcome, report) = try run([CaptureBytes.arp] + [metaData, metaData, metaData] + [CaptureBytes.arp])
    #expect(outcome.status == 0)
    let lines = outcome.errorLines.filter { $0.hasPrefix("not used: ") }
    #expect(
      lines.map { $0.split(separator: " ").joined(separator: " ") } == [
        "not used: EtherType 0x8909, Cisco MetaData 3", "not used: EtherType 0x0806, ARP 2",
      ])
    #expect(
      outcome.errors.contains(
        "note: what may hold TCP was not read in 3 packets, 33.3 % of all: 3 packets behind EtherType 0x8909, Cisco MetaData"))
    let passedOver = try #require(report["passed_over"] as? [[String: Any]])
    #expect(passedOver.map { $0["layer"] as? String } == ["ethertype", "ethertype"])
    #expect(passedOver.map { $0["number"] as? Int } == [0x8909, 0x0806])
    #expect(passedOver.map { $0["name"] as? String } == ["Cisco MetaData", "ARP"])
    #expect(passedOver.map { $0["packets"] as? Int } == [3, 2])
    #expect((report["skipped_packets"] as? [String: Int]) == ["not_ip": 5])
  }

  /// Protocols that carry no TCP are no cause for a note, however many.
  @Test func whatHoldsNoTCPIsNoNote() throws {
    let (outcome, _) = try run([[UInt8]](repeating: CaptureBytes.arp, count: 50))
    #expect(!outcome.errors.contains("may hold TCP"))
    #expect(outcome.errors.contains("not used: EtherType 0x0806, ARP"))
  }

  @Test(arguments: [(195, 1, false), (194, 2, true)])
  func theNoteIsForMoreThanOneInAHundred(_ arp: Int, _ unread: Int, _ isNoted: Bool) throws {
    let (outcome, _) = try run(
      [[UInt8]](repeating: CaptureBytes.arp, count: arp) + [[UInt8]](repeating: Self.ethernet(0xbeef), count: unread + (isNoted ? 1 : 0)))
    #expect(outcome.errors.contains("may hold TCP") == isNoted)
  }

  @Test func aCaptureWithNothingPassedOverSaysNothingOfIt() throws {
    let (outcome, report) = try run([])
    #expect(!outcome.errors.contains("not used"))
    #expect(report["passed_over"] == nil)
  }

  @Test func kindsAreBounded() throws {
    let kinds = (0..<100).map { Self.ethernet(UInt16(0xa000 + $0)) }
    let (outcome, report) = try run(kinds + [Self.ethernet(0xa001)])
    #expect((report["passed_over"] as? [Any])?.count == 64)
    #expect(report["passed_over_others"] as? Int == 36)
    #expect(outcome.errors.contains(/not used: EtherType 0xa001 +2\n/))
    #expect(outcome.errors.contains(/not used: other kinds +36\n/))
    #expect(outcome.errors.contains("101 packets"))
  }

  // MARK: --decode-as

  /// The packet of a conversation in VXLAN over another port.
  private static func tunnelled(port: UInt16) -> [[UInt8]] {
    [(1000, UInt8(2), ""), (1001, 0x18, "question")].map { sequence, flags, text in
      let inner = CaptureBytes.segment(ports: (40001, 81), sequence: UInt32(sequence), flags: flags, text)
      let length = 16 + inner.count
      let header: [UInt8] = [
        0x45, 0, UInt8((20 + length) >> 8), UInt8((20 + length) & 255), 0, 1, 0, 0, 64, 17, 0, 0, 9, 0, 0, 1, 9, 0, 0, 2,
      ]
      let datagram: [UInt8] =
        [0xc3, 0x50, UInt8(port >> 8), UInt8(port & 255), UInt8(length >> 8), UInt8(length & 255), 0, 0] + [8, 0, 0, 0, 0, 0, 5, 0]
      return ethernet(0x0800, header + datagram + inner)
    }
  }

  @Test func aPortOfOnesOwn() throws {
    let plain = try run(Self.tunnelled(port: 4788))
    #expect(plain.0.errors.contains("not used: IP protocol 17, UDP"))
    for rule in [
      "udp.port==4788,vxlan", "udp.port=4788,vxlan", "udp.port==4000-5000,vxlan", "udp.port==0x12b4,vxlan", "udp.port==4788:1,vxlan",
    ] {
      let (outcome, report) = try run(Self.tunnelled(port: 4788), ["-d", rule])
      #expect(outcome.errors.contains(/TCP segments +6\n/), "\(rule)")
      let options = report["options"] as? [String: Any]
      #expect((options?["decode_as"] as? [String])?.count == 1)
    }
    let (outcome, report) = try run(Self.tunnelled(port: 4788), ["-d", "udp.port==4788,eth+8", "--decode-as", "ip.proto==200,ip"])
    #expect(outcome.errors.contains(/TCP segments +6\n/))
    #expect((report["options"] as? [String: Any])?["decode_as"] as? [String] == ["udp.port==4788,eth+8", "ip.proto==200,ip"])
    #expect((plain.1["options"] as? [String: Any])?["decode_as"] == nil)
  }

  @Test(arguments: [
    ("udp.port==4788,vxlam", "'vxlam' is not one of the names to decode as: aruba_erm, capwap.data, eth,"),
    ("tcp.port==8888,http", "'tcp.port' has no numbers to decode by; those that have are udp.port, ip.proto, ethertype"),
    ("udp.port==4788", "is not of the form udp.port==8472,vxlan"), ("", "is not of the form"), (",", "is not of the form"),
    ("udp.port==,vxlan", "'' is not a number or a range of udp.port, 1 to 65535"), ("udp.port==0,vxlan", "1 to 65535"),
    ("udp.port==65536,vxlan", "1 to 65535"), ("udp.port==5-4,vxlan", "1 to 65535"), ("udp.port==65535:2,vxlan", "1 to 65535"),
    ("udp.port==1-2-3,vxlan", "1 to 65535"), ("udp.port==1:0,vxlan", "1 to 65535"), ("udp.port==99999999999999999999,vxlan", "1 to 65535"),
    ("udp.port==-1,vxlan", "1 to 65535"), ("ip.proto==256,gre", "0 to 255"), ("ip.proto==1-10,gre", "ip.proto 6 is TCP, and stays that"),
    ("ethertype==0x800,vlan", "ethertype 2048 is IP, and stays that"), ("ethertype==0x5ff,vlan", "1536 to 65535"),
    ("udp.port==9,eth+", "'+' is not a number of bytes to pass over, at most 255"), ("udp.port==9,eth+256", "at most 255"),
    ("udp.port==9,eth+-1", "at most 255"),
  ])
  func rulesThatAreNone(_ rule: String, _ words: String) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap", "-d", rule])
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
    #expect(command.names(in: ".") == ["a.pcap"])
  }

  /// `tcpdump -T vxlan` means something else here.
  @Test func aTemplateThatIsANameOfATunnel() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap", "-T", "vxlan"])
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("to decode a port as vxlan, say -d udp.port=PORT,vxlan"))
  }
}
