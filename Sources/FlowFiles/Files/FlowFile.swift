internal import Packets
internal import Paths
internal import Reassembly

/// The file of one direction of a connection, from its first byte to its completion.
///
/// Bytes go to a borrowed buffer and from there to the file when the buffer is full, when somebody else needs it, or at
/// completion. The name is fixed by the first byte; a file is made by the first write. After a failed write nothing more is
/// written: what lies on the disk is the beginning of the stream.
final class FlowFile {
  let conversation: ConnectionStream
  let side: Side
  let store: FileStore

  @exclusivity(unchecked) var buffer: WriteBuffer?
  var bufferSlot: Int32 = -1
  @exclusivity(unchecked) var descriptor: Int32 = -1
  var descriptorSlot: Int32 = -1
  /// Number among equal names; 0 before the first byte.
  @exclusivity(unchecked) var nameNumber: UInt32 = 0
  /// There is a file on the disk.
  var isCreated = false
  /// Device and inode of the file, known once it was closed: a reopened file must be the same.
  var identity: FileStatus?
  /// Stream offset behind the last byte that the file has or will have.
  @exclusivity(unchecked) var streamEnd: Int64 = 0
  /// Bytes that the file has or will have; holes count.
  @exclusivity(unchecked) var fileEnd: Int64 = 0
  /// Bytes that came when the file had its greatest length.
  private(set) var truncatedBytes: Int64 = 0
  /// The direction had fewer bytes than a file must have: there is none.
  private(set) var isWithheld = false
  /// Bytes that the file has.
  var writtenEnd: Int64 = 0
  /// The last job of the second thread for this file; 0 before the first.
  @exclusivity(unchecked) var lastJob: UInt64 = 0
  @exclusivity(unchecked) var failure: SystemError?
  @exclusivity(unchecked) var notes: FlowNotes?
  var digest: Digest?
  /// SHA-256 of the whole file, once it is complete.
  var sha256: [UInt8]?

  init(conversation: ConnectionStream, side: Side, store: FileStore) {
    self.conversation = conversation
    self.side = side
    self.store = store
  }

  /// Bytes of the file as it lies on the disk.
  var fileSize: Int64 { failure == nil ? fileEnd : writtenEnd }

  func existingNotes() -> FlowNotes {
    if let notes { return notes }
    let made = FlowNotes(store.noteSpool)
    notes = made
    return made
  }

  /// Takes the next bytes of the stream.
  ///
  /// Answers how many of them the file has room for.
  @discardableResult
  func append(_ bytes: Span<UInt8>, info: PacketStamp) -> Int {
    guard bytes.count > 0 else { return 0 }
    if nameNumber == 0 { nameNumber = store.reserveName(conversation.nameValues(of: side)) }
    let taken = room(for: bytes.count)
    if taken == 0 { return 0 }
    if let notes, notes.hasPending { placeGaps(notes) }
    let start = streamEnd
    streamEnd &+= Int64(taken)
    if failure == nil {
      write(taken == bytes.count ? bytes : bytes.extracting(first: taken), from: start, info)
    } else {
      fileEnd &+= Int64(taken)
    }
    return taken
  }

  /// How many of `count` bytes the file may still take; the others are counted.
  ///
  /// Once it is full, it stays full.
  private func room(for count: Int) -> Int {
    let limit = store.options.maxBytes
    if limit == .max { return count }
    let end = fileEnd &+ (notes?.pendingRoom ?? 0)
    let room = truncatedBytes > 0 || end >= limit ? 0 : Int(min(Int64(count), limit &- end))
    truncatedBytes &+= Int64(count - room)
    return room
  }

  /// Takes a gap behind everything taken so far.
  func append(_ gap: Gap) {
    let wantsRoom = store.options.gaps == .zero && gap.length <= store.options.maxGap
    let room = wantsRoom ? store.takeRoom(for: gap.length) : 0
    existingNotes().add(gap, fileEnd: fileEnd, room: room, wasRefused: wantsRoom && room == 0)
  }

  /// Its index line is written.
  func forgetNotes() { if let notes { store.forget(notes) } }

  /// Takes two versions of bytes that were not handed on yet.
  func note(_ conflict: Conflict) {
    var listed = ListedConflict(
      offset: conflict.offset, length: 0, keptBy: PacketReference(conflict.keptInfo), kept: [],
      otherBy: PacketReference(conflict.otherInfo), other: [])
    for index in 0..<min(conflict.kept.count, conflict.other.count, Differences.shownBytes) {
      listed.append(conflict.kept[index], conflict.other[index])
    }
    listed.length = Int64(conflict.kept.count)
    existingNotes().add(listed)
    store.conflicts &+= 1
    store.announcer?.found(listed, in: conversation, from: side)
  }

  /// The connection is over: the file gets what it lacks and is closed, by the second thread where there is one.
  ///
  /// - Parameter bytes: of the whole direction, as the engine counted them.
  func finish(bytes: Int64) {
    store.giveBackRoom(notes?.pendingRoom ?? 0, refusals: notes?.pendingRefusals ?? 0)
    notes?.dropPending(fileEnd: fileEnd)
    if bytes < store.options.minBytes, failure == nil {
      awaitWrites()
      store.giveBackRoom(fileEnd &- (bytes &- truncatedBytes), refusals: 0)
      withhold()
      return
    }
    if store.options.keepsNoStreams {
      awaitWrites()
      return discard()
    }
    if store.options.writesEmpty, !isCreated { createEmpty() }
    if !handOver(closing: true) { close() }
  }

  /// Writes what is buffered and closes the file.
  func close() {
    drain()
    closeDescriptor()
    releaseBuffer()
    wrapUp()
  }

  /// The file is closed.
  func wrapUp() {
    if store.options.hashes, failure == nil, isCreated {
      // Without a byte there was nothing to begin one for.
      sha256 = (digest ?? Digest(.sha256))?.finish()
      digest = nil
    }
    if isCreated {
      store.filesWritten &+= 1
      store.bytesWritten &+= UInt64(clamping: fileSize)
    }
  }
}

extension FlowFile {
  /// The direction gets no file: what lies in the buffer is let go, and a file that was needed meanwhile is removed.
  private func withhold() {
    isWithheld = true
    notes?.removePlaces()
    discard()
  }

  /// There is no file of it.
  private func discard() {
    digest = nil
    closeDescriptor()
    releaseBuffer()
    guard isCreated else { return }
    store.directory.removeFile(store.path(of: conversation.nameValues(of: side), number: nameNumber))
    isCreated = false
  }

  /// Writes the path below the output directory: `file`, and `file_base64` where it is not UTF-8.
  func writePath(to json: inout JSONWriter) {
    guard store.options.template.needsEscaping else {
      json.key("file")
      return json.string { writer in writer.appendPlain { appendPath(to: &$0) } }
    }
    var path: [UInt8] = []
    appendPath(to: &path)
    json.path("file", FilePath(path))
  }

  /// Appends the path below the output directory.
  func appendPath(to text: inout [UInt8]) {
    store.appendPath(of: conversation.nameValues(of: side), number: nameNumber, to: &text)
  }
}
