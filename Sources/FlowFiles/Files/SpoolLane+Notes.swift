internal import Reassembly

/// Encoding of gaps and conflicts in a spool, in the order of their arrival.
///
///     gap        kind | cause << 2 | acknowledged << 5, offset, length, offset and length in the file
///     conflict   128 | whether the kept version's packet is known, offset, length, [packet, input,] packet, input, count, both versions
///
/// Numbers have seven bits a byte, the lowest first; bit 7 is set in all bytes but the last (LEB128).
extension SpoolLane {
  private static let conflictMark: UInt8 = 0x80

  func append(_ listed: ListedGap) {
    var record = [listed.gap.kind.rawValue | listed.gap.cause.rawValue << 2 | (listed.gap.acknowledged ? 1 << 5 : 0)]
    for number in [listed.gap.offset, listed.gap.length, listed.fileOffset, listed.fileLength] { record.append(leb128: number) }
    append([], record.span)
  }

  func append(_ conflict: ListedConflict) {
    var record = [Self.conflictMark | (conflict.keptBy == nil ? 0 : 1)]
    record.append(leb128: conflict.offset)
    record.append(leb128: conflict.length)
    for packet in [conflict.keptBy, conflict.otherBy] {
      guard let packet else { continue }
      record.append(leb128: Int64(bitPattern: packet.number))
      record.append(leb128: Int64(packet.input))
    }
    record.append(leb128: Int64(conflict.kept.count))
    append([], (record + conflict.kept + conflict.other).span)
  }

  /// Returns all gaps and conflicts that were added, as far as the spool still has them.
  func readNotes() -> (gaps: [ListedGap], conflicts: [ListedConflict]) {
    var bytes: [UInt8] = []
    var reader = SpoolReader(self)
    _ = reader.read(count, into: &bytes)
    var notes: (gaps: [ListedGap], conflicts: [ListedConflict]) = ([], [])
    var record = NoteRecord(bytes[...])
    while let first = record.byte() {
      if first & Self.conflictMark == 0 {
        guard let gap = record.gap(first) else { break }
        notes.gaps.append(gap)
      } else {
        guard let conflict = record.conflict(isKeptKnown: first & 1 != 0) else { break }
        notes.conflicts.append(conflict)
      }
    }
    return notes
  }
}

/// Unread rest of a record; a record whose end the spool lost is dropped.
private struct NoteRecord {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func byte() -> UInt8? { rest.popFirst() }

  private mutating func number() -> Int64? {
    var number: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst() {
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return Int64(bitPattern: number) }
      shift += 7
    }
    return nil
  }

  private mutating func bytes(_ count: Int) -> [UInt8]? {
    guard count >= 0, rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  private mutating func packet() -> PacketReference? {
    guard let packet = number(), let input = number() else { return nil }
    return PacketReference(number: UInt64(bitPattern: packet), input: UInt32(truncatingIfNeeded: input))
  }

  mutating func gap(_ first: UInt8) -> ListedGap? {
    guard let kind = Gap.Kind(rawValue: first & 3), let cause = Gap.Cause(rawValue: first >> 2 & 7), let offset = number(),
      let length = number(), let fileOffset = number(), let fileLength = number()
    else { return nil }
    let gap = Gap(offset: offset, length: length, kind: kind, cause: cause, acknowledged: first >> 5 & 1 != 0)
    return ListedGap(gap: gap, fileOffset: fileOffset, fileLength: fileLength)
  }

  mutating func conflict(isKeptKnown: Bool) -> ListedConflict? {
    guard let offset = number(), let length = number() else { return nil }
    let keptBy = isKeptKnown ? packet() : nil
    guard let otherBy = packet(), let count = number(), let kept = bytes(Int(count)), let other = bytes(Int(count))
    else { return nil }
    return ListedConflict(offset: offset, length: length, keptBy: keptBy, kept: kept, otherBy: otherBy, other: other)
  }
}

extension [UInt8] {
  fileprivate mutating func append(leb128 number: Int64) {
    var rest = UInt64(bitPattern: number)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }
}
