internal import Glibc
internal import Packets
internal import Paths
internal import Reassembly

/// Flows without a file of their own: their bytes are spooled until the connection is over, when an archive may take them.
extension FlowFile {
  /// Archive that takes the file; nil if the file lies in the output directory.
  var tar: TarFile? { isCapture ? nil : store.tar }

  /// Spools two pieces so that they end at the end of the file.
  func spool(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) {
    do throws(SystemError) {
      let pending = pending ?? PendingMember(store.memberSpool)
      self.pending = pending
      let start = fileEnd &- Int64(first.count + second.count)
      try pending.write(first, at: start)
      try pending.write(second, at: start &+ Int64(first.count))
      if isHashed {
        runningDigest()?.update(first)
        runningDigest()?.update(second)
      }
    } catch {
      failToSpool(error)
    }
  }

  /// Completes the file, and adds it to the archive if it has a byte or is wanted without one.
  func put(in archive: TarFile) {
    let tail = buffer?.dirty ?? UnsafeRawBufferPointer(start: nil, count: 0)
    let hasBytes = pending != nil || !tail.isEmpty
    if failure == nil, nameNumber > 0, hasBytes || store.options.writesEmpty {
      completeDigest(with: tail)
      let contents = TarContents(pending, tail: tail, size: fileEnd)
      lastJob = archive.add(self, name: path, contents, time: conversation.start)
    }
    pending = nil
    releaseBuffer()
  }

  /// Drops the file, which its connection turned out not to have, and keeps its hash.
  func leaveOut() {
    if failure == nil, nameNumber > 0 { completeDigest(with: buffer?.dirty ?? UnsafeRawBufferPointer(start: nil, count: 0)) }
    pending = nil
    releaseBuffer()
  }

  private func completeDigest(with tail: UnsafeRawBufferPointer) {
    guard isHashed else { return }
    runningDigest()?.update(tail)
    sha256 = digest?.finish()
    digest = nil
  }

  /// Records that the archive has the file.
  ///
  /// - Parameter place: the offset of its contents in the archive.
  func archived(at place: Int64) {
    self.place = place
    isCreated = true
    store.filesWritten &+= 1
    store.bytesWritten &+= UInt64(clamping: fileEnd)
  }

  /// Records that the bytes cannot be spooled, or that the archive does not have the file.
  func failToSpool(_ error: SystemError) {
    guard failure == nil else { return }
    failure = error
    writtenEnd = 0
    sha256 = nil
    digest = nil
    pending = nil
    store.note(OutputError(path: tar?.pathInMessages ?? store.directory.path, reason: .system(error)))
    releaseBuffer()
  }

  /// Compares a range of bytes that lie before the buffer, and returns false if they cannot be read.
  func comparePending(_ bytes: Span<UInt8>, _ range: Range<Int>, fileOffset: Int64, into differences: inout Differences) -> Bool {
    guard let pending, fileOffset &+ Int64(range.count) <= pending.length else { return false }
    do throws(SystemError) {
      var found = differences
      var position = range.lowerBound
      // The map of the file says which bytes are gaps, so that none of these is one.
      try pending.forEachPiece(from: fileOffset, to: fileOffset &+ Int64(range.count)) { (piece, zeros) throws(SystemError) in
        let count = piece.count + Int(zeros)
        let kept = piece.isEmpty ? [UInt8](repeating: 0, count: count) : Array(piece)
        found.compare(kept.span, with: bytes, position..<(position + count))
        position += count
      }
      differences = found
      return true
    } catch {
      return false
    }
  }

  /// Writes the member of the index that names the place in the archive.
  func writeMember(to json: inout JSONWriter) {
    json.key("file")
    json.null()
    json.nullIfFull("file_base64")
    if store.options.template.needsEscaping {
      json.archiveMember("member", path, of: tar, at: place, length: fileEnd)
    } else {
      json.archiveMember("member", of: tar, at: place, length: fileEnd) { json in
        json.key("name")
        json.string { writer in writer.appendPlain { appendPath(to: &$0) } }
        json.nullIfFull("name_base64")
      }
    }
  }
}

extension JSONWriter {
  /// Writes a member of an archive: its name, and the place of its contents.
  mutating func archiveMember(_ name: StaticString, _ path: [UInt8], of archive: TarFile?, at offset: Int64, length: Int64) {
    archiveMember(name, of: archive, at: offset, length: length) { $0.path("name", FilePath(path)) }
  }

  fileprivate mutating func archiveMember(
    _ name: StaticString, of archive: TarFile?, at offset: Int64, length: Int64, _ writeName: (inout JSONWriter) -> Void
  ) {
    key(name)
    beginObject()
    writeName(&self)
    if let name = archive?.nameInLines { text("tar", name) }
    key("offset")
    integer(offset)
    key("length")
    integer(length)
    endObject()
  }
}
