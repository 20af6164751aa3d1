internal import Packets

/// A whole member that is in the buffer of a tar file.
struct WaitingMember {
  /// The flow that it is the file of; nil for another member.
  let flow: FlowFile?
  /// Offset of its headers in the buffer.
  let start: Int
  /// Length of its headers.
  let headers: Int
}

extension TarFile {
  private static let zeros = [UInt8](repeating: 0, count: TarHeader.block)
  /// Number of bytes at which the buffer is written.
  private static let batch = 256 << 10

  /// Adds the file of a flow, which is told the result at once or when the buffer is written.
  ///
  /// - Returns: the number of the flow among those that were added; it has its result once `settled` has reached that.
  func add(_ flow: FlowFile, name: [UInt8], _ contents: TarContents, time: Timestamp) -> UInt64 {
    given &+= 1
    do throws(SystemError) {
      if let place = try append(name, contents, time, flow) {
        settled &+= 1
        flow.archived(at: place)
      }
    } catch {
      settled &+= 1
      flow.failToSpool(error)
    }
    return given
  }

  /// Adds a member, and writes it at once.
  ///
  /// - Returns: the offset of its contents in the archive.
  /// - Throws: `SystemError` if the archive does not have it.
  func put(_ name: [UInt8], _ contents: TarContents, time: Timestamp) throws(SystemError) -> Int64 {
    flush()
    if let place = try append(name, contents, time, nil) { return place }
    let place = written &+ Int64(header.count)
    if let error = flush() { throw error }
    return place
  }

  /// Appends a member to the buffer, or writes it if it is long.
  ///
  /// - Returns: the offset of its contents if it was written; nil if it is in the buffer.
  private func append(_ name: [UInt8], _ contents: TarContents, _ time: Timestamp, _ flow: FlowFile?) throws(SystemError) -> Int64? {
    header.removeAll(keepingCapacity: true)
    TarHeader.append(name: name, size: contents.size, time: time, to: &header)
    let padding = TarHeader.padding(contents.size)
    let total = Int64(header.count) &+ contents.size &+ Int64(padding)
    if Int64(buffer.count) &+ total > Int64(Self.batch) { flush() }
    guard total <= Int64(Self.batch) else { return try write(contents, padding: padding) }
    if buffer.capacity == 0 { buffer.reserveCapacity(Self.batch) }
    let start = buffer.count
    buffer.append(contentsOf: header)
    do throws(SystemError) {
      try contents.forEachPiece(calls) { (piece, zeros) throws(SystemError) in
        if zeros > 0 { buffer.append(contentsOf: repeatElement(0, count: Int(zeros))) } else { buffer.append(contentsOf: piece) }
      }
    } catch {
      buffer.removeSubrange(start...)
      throw error
    }
    if padding > 0 { buffer.append(contentsOf: Self.zeros[..<padding]) }
    waiting.append(WaitingMember(flow: flow, start: start, headers: header.count))
    return nil
  }

  /// Writes the members in the buffer.
  ///
  /// If they cannot be written together, each is tried by itself, so that the archive has those for which there is room.
  ///
  /// - Returns: the last error; nil if all members were written.
  @discardableResult
  func flush() -> SystemError? {
    guard !waiting.isEmpty else { return nil }
    defer {
      buffer.removeAll(keepingCapacity: true)
      waiting.removeAll(keepingCapacity: true)
    }
    let start = written
    do throws(SystemError) {
      try writeMembers(0..<buffer.count)
      for member in waiting { settle(member, at: start &+ Int64(member.start + member.headers)) }
      return nil
    } catch {
      guard waiting.count > 1 else {
        fail(waiting[0], error)
        return error
      }
    }
    var last: SystemError?
    for (index, member) in waiting.enumerated() {
      let end = index + 1 < waiting.count ? waiting[index + 1].start : buffer.count
      let place = written &+ Int64(member.headers)
      do throws(SystemError) {
        try writeMembers(member.start..<end)
        settle(member, at: place)
      } catch {
        last = error
        fail(member, error)
      }
    }
    return last
  }

  private func settle(_ member: WaitingMember, at place: Int64) {
    guard let flow = member.flow else { return }
    settled &+= 1
    flow.archived(at: place)
  }

  private func fail(_ member: WaitingMember, _ error: SystemError) {
    guard let flow = member.flow else { return }
    settled &+= 1
    flow.failToSpool(error)
  }
}
