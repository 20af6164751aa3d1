import Foundation
import Glibc
import Packets
import Reassembly
import TestSupport
import Testing

@testable import FlowFiles

/// Captures of connections when the system fails.
@Suite struct CaptureFaultTests {
  private static func options() throws -> FlowFileOptions {
    var options = FlowFileOptions()
    options.captures = CaptureFileOptions(template: try NameTemplate("%I"), fragmentTimeout: nil)
    return options
  }

  private static let interface = CaptureInterface(fileLinkType: 1, linkType: .ethernet)

  /// Feeds a packet of a connection.
  private func feed(
    _ rig: Rig, _ number: UInt64, _ kind: Disposition.Kind = .delivered, connection: UInt64 = 1, length: Int = 60
  ) throws {
    let captures = try #require(rig.factory.captures)
    let info = CaptureInfo(time: Timestamp(nanoseconds: Int64(number)), capturedLength: length, packetNumber: number)
    let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: length)
    captures.begin(bytes.span, info, .ethernet, interface: Self.interface)
    captures.end(
      bytes.span, info, checkSequence: 0, interface: Self.interface, as: Disposition(kind: kind, connection: connection), datagrams: 0)
  }

  @Test func aFullDiskEndsOneCapture() throws {
    let calls = FaultyCalls()
    let rig = try Rig(Self.options(), calls: calls)
    let full = rig.stream()
    try feed(rig, 1)
    rig.factory.flushBuffers()
    calls.writeFault = { _ in ENOSPC }
    try feed(rig, 2)
    rig.factory.flushBuffers()
    calls.writeFault = { _ in nil }
    try feed(rig, 3)
    full.complete(report(1, half(0), half(0)))
    let fine = rig.stream(opening(2))
    try feed(rig, 4, connection: 2)
    fine.complete(report(2, half(0), half(0)))
    #expect(rig.factory.connectionsWithErrors == 1)
    #expect(rig.factory.firstError?.description == "\(rig.directory.output)/pcap/0000000001.pcapng: No space left on device")
    let lines = rig.lines()
    #expect(lines.first?.contains(#""pcap":"pcap/0000000001.pcapng","pcap_missing":"#) == true)
    #expect(lines.last?.contains("pcap_missing") == false)
    let whole = try #require(rig.directory.data("pcap/0000000002.pcapng"))
    #expect(whole.count == 28 + 20 + 4 + 28 + 60 + 4 + 20 + 4 + 4)
    // The index and the folder.
    #expect(calls.open == 2)
  }

  @Test func aCaptureThatCannotBeMade() throws {
    let calls = FaultyCalls()
    let rig = try Rig(Self.options(), calls: calls)
    let stream = rig.stream()
    try feed(rig, 1)
    calls.openFault = { _ in EACCES }
    stream.complete(report(1, half(0), half(0)))
    calls.openFault = { _ in nil }
    #expect(rig.lines().first?.contains(#""pcap":null"#) == true)
    #expect(rig.factory.connectionsWithErrors == 1)
  }

  /// Packets that wait are lost with the temporary file, and the line counts them.
  @Test func aFullDiskWhilePacketsWait() throws {
    let calls = FaultyCalls()
    let rig = try Rig(Self.options(), calls: calls)
    let stream = rig.stream()
    try feed(rig, 1)
    try feed(rig, 2, .pendingSYN)
    calls.writeFault = { _ in ENOSPC }
    for number in UInt64(3)..<300 { try feed(rig, number, length: 60_000) }
    calls.writeFault = { _ in nil }
    stream.complete(report(1, half(0), half(0)))
    #expect(rig.factory.connectionsWithErrors == 1 && rig.factory.firstError != nil)
    #expect(rig.lines().first?.contains(#""pcap_missing":"#) == true)
  }

  /// A connection whose files rest holds no descriptor, and its capture is continued.
  @Test func aRestingCaptureIsContinued() throws {
    let calls = FaultyCalls()
    var options = try Self.options()
    options.bufferMemory = 1 << 10
    options.maxOpenFiles = 1
    let rig = try Rig(options, calls: calls)
    let streams = (1...20 as ClosedRange<UInt64>).map { rig.stream(opening($0)) }
    for round in 0..<5 as Range<UInt64> { for id in 1...20 as ClosedRange<UInt64> { try feed(rig, round * 20 + id, connection: id) } }
    for (index, stream) in streams.enumerated() { stream.complete(report(UInt64(index + 1), half(0), half(0))) }
    #expect(rig.factory.connectionsWithErrors == 0 && calls.mostOpen <= 4)
    for id in 1...20 {
      let data = try #require(rig.directory.data("pcap/00000000\(id < 10 ? "0" : "")\(id).pcapng"))
      let capture = try ParsedCapture(data)
      #expect(capture.packets.map(\.comment) == (0..<5).map { "packet \($0 * 20 + id) of input 0" })
    }
  }
}
