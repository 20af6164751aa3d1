internal import Packets
internal import Reassembly

extension FlowFile {
  /// Compares a further copy of bytes with the bytes that were written.
  ///
  /// Gaps are not data and are skipped.
  func compare(_ bytes: Span<UInt8>, at offset: Int64, info: PacketStamp) -> Comparison {
    guard failure == nil else { return .unchecked }
    let room = FlowNotes.maxListedConflicts - (notes?.listedConflicts ?? 0)
    var differences = Differences(base: offset, other: PacketReference(info), listLimit: room)
    var result = Comparison.compared
    var position = 0
    while position < bytes.count {
      let at = offset &+ Int64(position)
      guard at >= 0, at < streamEnd else {
        result = .unchecked
        break
      }
      let most = min(Int64(bytes.count - position), streamEnd &- at)
      switch notes?.map.piece(at: at) ?? .file(offset: at, count: most) {
      case .gap(let count):
        differences.interrupt()
        position += Int(min(count, most))
      case .forgotten(let count):
        differences.interrupt()
        result = .unchecked
        position += Int(min(count, most))
      case .file(let fileOffset, let count):
        let length = Int(min(count, most))
        if !compare(bytes, position..<(position + length), fileOffset: fileOffset, into: &differences) {
          differences.interrupt()
          result = .unchecked
        }
        position += length
      }
    }
    differences.interrupt()
    if differences.count > 0 { note(differences) }
    return result
  }

  /// Compares a range that is contiguous in the file: the buffered part with the buffer, the rest with the disk.
  func compare(_ bytes: Span<UInt8>, _ range: Range<Int>, fileOffset: Int64, into differences: inout Differences) -> Bool {
    let bufferStart = fileEnd &- Int64(buffer?.count ?? 0)
    let onDisk = Int(min(Int64(range.count), max(0, bufferStart &- fileOffset)))
    if onDisk > 0, isRetained {
      let part = range.lowerBound..<(range.lowerBound + onDisk)
      guard compareRetained(bytes, part, fileOffset: fileOffset, into: &differences) else { return false }
    } else if onDisk > 0, isSpooled {
      let part = range.lowerBound..<(range.lowerBound + onDisk)
      guard comparePending(bytes, part, fileOffset: fileOffset, into: &differences) else { return false }
    } else if onDisk > 0 {
      awaitWrites()
      do throws(SystemError) {
        let descriptor = try openedDescriptor()
        let part = range.lowerBound..<(range.lowerBound + onDisk)
        guard try store.compare(descriptor, at: fileOffset, with: bytes, part, into: &differences) else { return false }
      } catch {
        return false
      }
    }
    guard onDisk < range.count else { return true }
    guard let buffer else { return false }
    let position = Int(fileOffset &+ Int64(onDisk) &- bufferStart)
    return compare(bytes, (range.lowerBound + onDisk)..<range.upperBound, in: buffer, at: position, into: &differences)
  }

  private func note(_ differences: Differences) {
    let notes = existingNotes()
    for var conflict in differences.found {
      conflict.keptBy = buffer?.packet(at: conflict.offset)
      if notes.add(conflict) { store.announcer?.found(conflict, in: conversation, from: side) }
      conversation.stages?.feed.disputed(at: conflict.offset, length: conflict.length, from: side)
    }
    notes.countConflicts(differences.count &- UInt64(differences.found.count))
    store.conflicts &+= differences.count
  }
}
