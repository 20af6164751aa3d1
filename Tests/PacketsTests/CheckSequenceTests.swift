import Packets
import Testing

/// A frame check sequence is no part of a packet.
@Suite struct CheckSequenceTests {
  private func lengths(captured: Int, original: Int, checkSequence: Int) -> [Int] {
    var info = CaptureInfo(
      time: Timestamp(nanoseconds: 0), capturedLength: captured, originalLength: original, packetNumber: 1)
    info.removeCheckSequence(checkSequence)
    return [info.capturedLength, info.originalLength]
  }

  @Test func aWholeFrameLosesItFromBothLengths() { #expect(lengths(captured: 64, original: 64, checkSequence: 4) == [60, 60]) }

  /// The snap length cut it off, in part or with more than it.
  @Test func aCutFrameLosesWhatIsThere() {
    #expect(lengths(captured: 62, original: 64, checkSequence: 4) == [60, 60])
    #expect(lengths(captured: 60, original: 64, checkSequence: 4) == [60, 60])
    #expect(lengths(captured: 40, original: 64, checkSequence: 4) == [40, 60])
  }

  @Test(arguments: [(3, 3, 4, [0, 0]), (0, 0, 4, [0, 0]), (9, 9, 0, [9, 9]), (9, 9, -4, [9, 9]), (9, 20, .max, [0, 0])])
  func lengthsThatCannotBe(_ captured: Int, _ original: Int, _ checkSequence: Int, _ expected: [Int]) {
    #expect(lengths(captured: captured, original: original, checkSequence: checkSequence) == expected)
  }
}
