internal import Glibc
internal import HTTP
internal import Packets
internal import Paths

/// File of a body or of a part: buffers the bytes, writes them and hashes them.
///
/// The file is closed between two writes, so the number of open bodies is not limited by descriptors. A gap becomes a hole in the file.
final class BodyFile: ContentReceiver {
  /// Number of buffered bytes at which they are written.
  static let most = 256 << 10

  private let output: HTTPOutput
  private(set) var path: [UInt8]
  private let time: Timestamp
  /// Record of the files of the connection, if it may have to be removed; nil if it is always written.
  private let held: HeldMessages?
  @exclusivity(unchecked) private var buffer: [UInt8]
  /// File offset of the buffer.
  @exclusivity(unchecked) private var start: Int64 = 0
  /// Size of the file on the disk.
  private var writtenEnd: Int64 = 0
  private var digest: Digest?
  private(set) var hasHole = false
  private(set) var isCreated = false
  private(set) var failure: SystemError?
  /// File offset after the last byte.
  var end: Int64 { start &+ Int64(buffer.count) }
  /// Slot in the list of files with buffered bytes; negative if the file is not in it.
  var slot: Int32 = -1
  /// SHA-256 of the bytes, set when the file ends; nil if the file has a gap or is empty.
  private(set) var sha256: [UInt8]?
  /// With an archive: what was written before; nil if nothing was.
  private var pending: PendingMember?
  /// Offset of the contents in the archive, once that has the file.
  private var place: Int64?
  /// Whether the file has ended.
  private(set) var isClosed = false

  init(_ output: HTTPOutput, _ path: [UInt8], time: Timestamp, _ held: HeldMessages? = nil) {
    self.held = held
    self.output = output
    self.path = path
    self.time = time
    buffer = output.lendBuffer()
  }

  func content(_ bytes: Span<UInt8>, at offset: Int64) {
    if offset != start &+ Int64(buffer.count) {
      flush()
      hasHole = true
      digest = nil
      start = offset
    }
    // The pointer is used only inside the closure, during which the bytes are borrowed.
    bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
    output.changed(self, by: bytes.count)
    if buffer.count >= Self.most { flush() }
  }

  func contentEnds() { close() }

  /// Writes the buffered bytes.
  func flush() {
    guard !buffer.isEmpty else { return }
    hash()
    if failure == nil { write() }
    start &+= Int64(buffer.count)
    output.changed(self, by: -buffer.count)
    buffer.removeAll(keepingCapacity: true)
  }

  private func hash() {
    guard !hasHole else { return }
    if digest == nil { digest = Digest(.sha256) }
    digest?.update(buffer)
  }

  private func write() {
    guard output.tar == nil else { return spool() }
    do throws(SystemError) {
      let descriptor = isCreated ? try output.open(path) : try output.make(&path)
      if !isCreated { held?.created(path) }
      isCreated = true
      var done = 0
      defer {
        let end = done > 0 ? start &+ Int64(done) : writtenEnd
        output.count(end &- writtenEnd)
        writtenEnd = end
      }
      try output.directory.calls.writeAndClose(buffer, to: descriptor, at: start, time: time, done: &done)
    } catch {
      fail(error)
    }
  }

  private func fail(_ error: SystemError) {
    failure = error
    pending = nil
    output.note(OutputError(path: output.tar?.pathInMessages ?? output.directory.path.appending(path), reason: .system(error)))
  }

  /// Ends the file: writes the buffered bytes and sets the hash.
  func close() {
    guard !isClosed else { return }
    if let archive = output.tar { put(in: archive) } else { flush() }
    isClosed = true
    sha256 = digest?.finish()
    digest = nil
    giveBack()
  }

  /// Ends the file without keeping it: sets the hash, and removes what was written.
  func discard() {
    guard !isClosed else { return }
    isClosed = true
    hash()
    sha256 = digest?.finish()
    digest = nil
    output.changed(self, by: -buffer.count)
    giveBack()
    pending = nil
    if isCreated, output.tar == nil {
      output.remove(path)
      held?.removed(path)
    }
    isCreated = false
  }

  /// Changes the path if the file has not been created.
  func rename(_ path: [UInt8]) { if !isCreated { self.path = path } }

  /// Writes the path of the file under one key, or its place in the archive under another.
  func writePath(_ name: StaticString, member: StaticString, to json: inout JSONWriter) {
    if let place { json.archiveMember(member, path, of: output.tar, at: place, length: end) } else { json.ascii(name, path) }
  }

  private func giveBack() {
    var memory: [UInt8] = []
    swap(&memory, &buffer)
    output.takeBack(memory, self)
  }
}

// MARK: A member of an archive

extension BodyFile {
  /// Spools the buffered bytes.
  private func spool() {
    let pending = pending ?? PendingMember(output.memberSpool)
    self.pending = pending
    var failure: SystemError?
    buffer.withUnsafeBytes { memory in
      do throws(SystemError) { try pending.write(memory, at: start) } catch { failure = error }
    }
    if let failure { return fail(failure) }
    isCreated = true
  }

  /// Completes the file and adds it to the archive.
  private func put(in archive: TarFile) {
    if !buffer.isEmpty { hash() }
    if failure == nil, isCreated || !buffer.isEmpty {
      isCreated = true
      let time = time
      let (path, size, pending) = (path, end, pending)
      var failure: SystemError?
      buffer.withUnsafeBytes { memory in
        do throws(SystemError) {
          place = try archive.put(path, TarContents(pending, tail: memory, size: size), time: time)
        } catch {
          failure = error
        }
      }
      if let failure {
        fail(failure)
        isCreated = false
      } else {
        output.countMember(size)
      }
    }
    pending = nil
    start &+= Int64(buffer.count)
    output.changed(self, by: -buffer.count)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Reads bytes of the file, which may be in the archive already.
  ///
  /// - Returns: the bytes, fewer than `count` at the end of the file; nil if they cannot be read.
  func readMember(at offset: Int64, count: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    if let place {
      bytes = [UInt8](repeating: 0, count: Int(max(0, min(Int64(count), end &- offset))))
      guard bytes.withUnsafeMutableBytes({ output.tar?.read(into: $0, at: place &+ offset) }) == true else { return nil }
      return bytes
    }
    guard let pending, offset < pending.length else { return nil }
    do throws(SystemError) {
      try pending.forEachPiece(from: offset, to: min(offset &+ Int64(count), pending.length)) { (piece, zeros) throws(SystemError) in
        bytes.append(contentsOf: piece)
        bytes.append(contentsOf: repeatElement(0, count: Int(zeros)))
      }
      return bytes
    } catch {
      return nil
    }
  }
}
