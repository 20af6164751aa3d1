/// A reassembler that is right because it is too simple to be wrong: a map from offset to byte.
///
/// It holds one direction under the policy `first`, whose result does not depend on timing, holes or limits: the first captured
/// copy of a byte stands. It shares no type with the code under test.
package struct ReferenceModel {
  /// A byte and the packet that brought it first.
  private var bytes: [Int: (value: UInt8, arrival: Int)] = [:]
  private var end: Int?

  package init() {}

  /// Takes a segment whose first byte lies `offset` bytes after the byte behind the SYN.
  package mutating func take(offset: Int, bytes segment: [UInt8], arrival: Int) {
    for (index, value) in segment.enumerated() where bytes[offset + index] == nil {
      bytes[offset + index] = (value, arrival)
    }
  }

  /// States where the stream ends: bytes missing before it are a gap even when nothing follows them.
  package mutating func finish(at offset: Int) { end = offset }

  /// Every byte that was captured, in order.
  package var stream: [UInt8] { runs.flatMap(\.bytes) }

  /// Offset behind the last byte or gap.
  package var length: Int { max(end ?? 0, (bytes.keys.max() ?? -1) + 1) }

  /// The missing ranges, in order.
  package var gaps: [(offset: Int, length: Int)] {
    var found: [(offset: Int, length: Int)] = []
    var next = 0
    for run in runs {
      if run.offset > next { found.append((next, run.offset - next)) }
      next = run.offset + run.bytes.count
    }
    if length > next { found.append((next, length - next)) }
    return found
  }

  private var runs: [(offset: Int, bytes: [UInt8])] {
    var found: [(offset: Int, bytes: [UInt8])] = []
    for (offset, byte) in bytes.sorted(by: { $0.key < $1.key }) {
      if let last = found.last, last.offset + last.bytes.count == offset {
        found[found.count - 1].bytes.append(byte.value)
      } else {
        found.append((offset, [byte.value]))
      }
    }
    return found
  }
}
