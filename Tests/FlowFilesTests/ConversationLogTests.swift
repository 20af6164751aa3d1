import Foundation
import Glibc
import Packets
import Paths
import Testing

@testable import FlowFiles
@testable import Reassembly

/// The order of a conversation, and the spool where it waits.
@Suite struct ConversationLogTests {
  /// A chunk by its side, offset, length, packet, and how much of the peer its segment acknowledges.
  private struct Said {
    var side: Side
    var offset: Int64
    var text: String
    var packet: UInt64
    var acknowledged: Int64?
  }

  private static func stamp(_ said: Said, base: UInt32) -> PacketStamp {
    PacketStamp(
      time: Timestamp(nanoseconds: Int64(said.packet)), packetNumber: said.packet,
      acknowledgment: said.acknowledged.map { SequenceNumber(base &+ UInt32(truncatingIfNeeded: $0)) })
  }

  /// Adds everything, as the engine would hand it on, and answers the order in which it is told.
  private static func order(_ said: [Said], base: UInt32 = 1_001, _ spool: Spool = Spool(folder: "/tmp")) -> [String] {
    let log = ConversationLog(spool, keepsBytes: true)
    for chunk in said {
      log.append(
        Array(chunk.text.utf8).span, offset: chunk.offset, fileOffset: chunk.offset, stamp: stamp(chunk, base: base), from: chunk.side)
    }
    let lengths = Side.allCases.map { side in said.filter { $0.side == side }.map { $0.offset + Int64($0.text.utf8.count) }.max() ?? 0 }
    var told: [String] = []
    let isWhole = log.replay(report(1, half(lengths[0], sequence: base), half(lengths[1], sequence: base))) { _, bytes in
      told.append(String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self))
    }
    #expect(isWhole)
    return told
  }

  @Test(arguments: [1_001, 0, 0xffff_fffe] as [UInt32])
  func anAnswerStandsAfterWhatItAcknowledges(base: UInt32) {
    // Captured: the answer, the question, the next answer, the next question.
    let said = [
      Said(side: .responder, offset: 0, text: "answer1", packet: 1, acknowledged: 9),
      Said(side: .originator, offset: 0, text: "question1", packet: 2, acknowledged: 0),
      Said(side: .responder, offset: 7, text: "answer2", packet: 3, acknowledged: 18),
      Said(side: .originator, offset: 9, text: "question2", packet: 4, acknowledged: 7),
    ]
    #expect(Self.order(said, base: base) == ["question1", "answer1", "question2", "answer2"])
  }

  @Test func whatAcknowledgesNothingOfTheOtherStandsInOrderOfCapture() {
    let said = [
      Said(side: .originator, offset: 0, text: "a", packet: 5, acknowledged: 0),
      Said(side: .responder, offset: 0, text: "b", packet: 4, acknowledged: 0),
      Said(side: .responder, offset: 1, text: "c", packet: 6, acknowledged: nil),
    ]
    #expect(Self.order(said) == ["b", "a", "c"])
  }

  /// The question was lost on its way to the recorder, and its retransmission acknowledges the answer to it.
  @Test func aRetransmissionStandsWhereItsFirstCopyStood() {
    let said = [
      Said(side: .responder, offset: 0, text: "answer", packet: 4, acknowledged: 8),
      Said(side: .originator, offset: 0, text: "question", packet: 5, acknowledged: 6),
    ]
    #expect(Self.order(said) == ["question", "answer"])
  }

  @Test func anAcknowledgmentOfBytesNeverSentIsNone() {
    let said = [
      Said(side: .originator, offset: 0, text: "a", packet: 1, acknowledged: 1_000),
      Said(side: .responder, offset: 0, text: "b", packet: 2, acknowledged: 0),
    ]
    #expect(Self.order(said) == ["a", "b"])
  }

  /// Beyond 2^32 bytes the 32 bits of an acknowledgment mean the offset near the place where the peer's stream was.
  @Test func acknowledgmentsOfLongStreamsAreUnwrapped() {
    let far: Int64 = 5 << 32
    let said = [
      Said(side: .responder, offset: far, text: "before", packet: 1, acknowledged: 0),
      Said(side: .originator, offset: 0, text: "late", packet: 3, acknowledged: far + 6),
      Said(side: .responder, offset: far + 6, text: "after", packet: 2, acknowledged: 4),
    ]
    #expect(Self.order(said) == ["before", "late", "after"])
  }

  /// Two connections, pieces of all sizes, and next to no memory: everything is told from the temporary file.
  @Test(arguments: [0, 100, 70_000, 1 << 30])
  func theSpoolLosesNothing(memory: Int) throws {
    let directory = try TemporaryDirectory()
    let spool = Spool(folder: FilePath(directory.path), memoryLimit: memory)
    let logs = [ConversationLog(spool, keepsBytes: true), ConversationLog(spool, keepsBytes: true)]
    var expected: [[UInt8]] = [[], []]
    var offsets: [Int64] = [0, 0]
    for index in 0..<300 {
      let log = index % 3 == 0 ? 1 : 0
      let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 1 + index * 37 % 3_000)
      logs[log].append(piece.span, offset: offsets[log], fileOffset: 0, stamp: packet(UInt64(index)), from: .originator)
      offsets[log] += Int64(piece.count)
      expected[log] += piece
    }
    #expect((spool.usedBlocks > 0) == (memory < 1 << 20))
    for (index, log) in logs.enumerated() {
      var told: [UInt8] = []
      #expect(log.replay(report()) { _, bytes in for byte in 0..<bytes.count { told.append(bytes[byte]) } })
      #expect(told == expected[index])
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
  }

  /// The folder is open, and its path leads there no more, as with fewer rights than before.
  @Test func theFolderIsFoundByItsDescriptor() throws {
    let directory = try TemporaryDirectory()
    let output = try OutputDirectory(path: FilePath(directory.output), force: false, calls: KernelCalls())
    try FileManager.default.moveItem(atPath: directory.output, toPath: directory.path + "/elsewhere")
    let spool = Spool(folder: FilePath(directory.output), directory: output.descriptor, memoryLimit: 0, calls: KernelCalls())
    let log = ConversationLog(spool, keepsBytes: true)
    log.append([UInt8](repeating: 7, count: 100).span, offset: 0, fileOffset: 0, stamp: packet(1), from: .originator)
    var told = 0
    #expect(log.replay(report()) { _, bytes in told += bytes.count } && told == 100)
    #expect(spool.failure == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path + "/elsewhere") == [".reasm-run"])
  }

  @Test func roomInTheFileIsUsedAgain() throws {
    let directory = try TemporaryDirectory()
    let spool = Spool(folder: FilePath(directory.path), memoryLimit: 0)
    for _ in 0..<50 {
      let log = ConversationLog(spool, keepsBytes: true)
      let bytes = [UInt8](repeating: 7, count: 200_000)
      log.append(bytes.span, offset: 0, fileOffset: 0, stamp: packet(1), from: .originator)
      #expect(spool.usedBlocks == 4)
    }
    #expect(spool.usedBlocks == 0)
  }

  @Test func aFullDiskIsSaidAndTheRestIsTold() throws {
    let directory = try TemporaryDirectory()
    let calls = FaultyCalls()
    calls.writeFault = { $0 == 0 ? ENOSPC : nil }
    let spool = Spool(folder: FilePath(directory.path), memoryLimit: 1_000, calls: calls)
    let (lost, kept) = (ConversationLog(spool, keepsBytes: true), ConversationLog(spool, keepsBytes: true))
    let bytes = [UInt8](repeating: 7, count: 2_000)
    lost.append(bytes.span, offset: 0, fileOffset: 0, stamp: packet(1), from: .originator)
    kept.append(bytes.span, offset: 0, fileOffset: 0, stamp: packet(2), from: .originator)
    #expect(!lost.replay(report()) { _, _ in })
    var told = 0
    #expect(kept.replay(report()) { _, bytes in told += bytes.count })
    #expect(told == 2_000)
    #expect(spool.failure != nil)
  }
}
