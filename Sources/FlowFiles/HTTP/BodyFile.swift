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
    do throws(SystemError) {
      let descriptor = isCreated ? try output.open(path) : try output.make(&path)
      if !isCreated { held?.created(path) }
      isCreated = true
      var done = 0
      defer { output.count(done) }
      try output.directory.calls.writeAndClose(buffer, to: descriptor, at: start, time: time, done: &done)
    } catch {
      fail(error)
    }
  }

  private func fail(_ error: SystemError) {
    failure = error
    output.note(OutputError(path: output.directory.path.appending(path), reason: .system(error)))
  }

  /// Ends the file: writes the buffered bytes and sets the hash.
  func close() {
    guard !isClosed else { return }
    flush()
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
    if isCreated {
      output.remove(path)
      held?.removed(path)
    }
    isCreated = false
  }

  /// Changes the path if the file has not been created.
  func rename(_ path: [UInt8]) { if !isCreated { self.path = path } }

  private func giveBack() {
    var memory: [UInt8] = []
    swap(&memory, &buffer)
    output.takeBack(memory, self)
  }
}
