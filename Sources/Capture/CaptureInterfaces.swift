internal import CPcap
internal import Glibc
public import Packets

/// Table of the interfaces that the captures of a run describe, for programs that write packets to captures of their own.
///
/// It holds the interfaces of the section that is being read of each input. While a batch of packets is valid, so are their interfaces.
public final class CaptureInterfaces {
  @exclusivity(unchecked) private var inputs: [[CaptureInterface?]] = []
  /// Interface that was asked for last, and its source; nil if the table changed since.
  @exclusivity(unchecked) private var last: CaptureInterface?
  @exclusivity(unchecked) private var lastSource: UInt64 = 0

  /// Creates an empty table.
  public init() {}

  /// Returns the interface that captured a packet.
  ///
  /// O(1).
  ///
  /// - Parameter info: the capture information of the packet, as it was read.
  /// - Returns: the interface; nil if its capture describes none.
  public func interface(of info: CaptureInfo) -> CaptureInterface? {
    if lastSource == info.source, let last { return last }
    let (input, interface) = (Int(info.input), Int(info.interface))
    guard input < inputs.count, interface < inputs[input].count else { return nil }
    last = inputs[input][interface]
    lastSource = info.source
    return last
  }

  /// Removes the interfaces of an input, because it is opened or a section of it begins.
  func begin(input: UInt32) {
    while inputs.count <= Int(input) { inputs.append([]) }
    inputs[Int(input)].removeAll()
    last = nil
  }

  /// Adds the next interface of an input; nil for one that is not described.
  func add(_ interface: CaptureInterface?, input: UInt32) {
    if inputs.count <= Int(input) { begin(input: input) }
    inputs[Int(input)].append(interface)
  }
}

/// Interfaces of one input, which its reader adds to.
struct InputInterfaces {
  let table: CaptureInterfaces
  let input: UInt32

  func begin() { table.begin(input: input) }

  func add(_ interface: CaptureInterface?) { table.add(interface, input: input) }
}

extension LinkType {
  /// Number of the link type in files; nil if libpcap has none.
  ///
  /// libpcap translates the number when it writes the header of a file.
  var fileNumber: UInt16? {
    guard let handle = pcap_open_dead(rawValue, LinkTable.maxSnapshotLength) else { return nil }
    defer { pcap_close(handle) }
    var header = [UInt8](repeating: 0, count: 4096)
    let size = header.count
    let isWritten = header.withUnsafeMutableBytes { memory -> Bool in
      // The stream writes into `memory`, which it does not outlive: closing the dump closes the stream.
      guard let file = fmemopen(memory.baseAddress, size, "w") else { return false }
      guard let dump = pcap_dump_fopen(handle, file) else {
        fclose(file)
        return false
      }
      pcap_dump_flush(dump)
      pcap_dump_close(dump)
      return true
    }
    guard isWritten else { return nil }
    return header.withUnsafeBytes { UInt16(truncatingIfNeeded: $0.loadUnaligned(fromByteOffset: 20, as: UInt32.self)) }
  }
}

extension LiveCapture {
  /// Adds the interfaces to a table, as those of input 0.
  ///
  /// - Parameter table: the table.
  public func describe(in table: CaptureInterfaces) {
    table.begin(input: 0)
    for interface in interfaces {
      table.add(
        interface.linkType.fileNumber.map {
          CaptureInterface(
            fileLinkType: $0, linkType: interface.linkType, snapshotLength: UInt32(clamping: interface.snapshotLength),
            name: Array(interface.name.utf8), timeResolution: interface.timeResolution)
        }, input: 0)
    }
  }
}
