internal import Packets
internal import Paths
internal import Reassembly

/// File of one direction of a connection, from its first byte to its completion.
///
/// Bytes go to a lent buffer, and from there to the file when the buffer is full, when another flow needs it, or at completion. The first
/// byte determines the name, and the first write creates the file. After a failed write nothing more is written: the bytes on the disk are
/// the beginning of the stream.
final class FlowFile {
  let conversation: ConnectionStream
  let side: Side
  let store: FileStore
  /// For the clear bytes of the direction: the number of its stream's file among equal names.
  let clearOf: UInt32?
  /// Whether the file is the capture of its connection.
  let isCapture: Bool

  @exclusivity(unchecked) var buffer: WriteBuffer?
  var bufferSlot: Int32 = -1
  @exclusivity(unchecked) var descriptor: Int32 = -1
  var descriptorSlot: Int32 = -1
  /// Number among equal names; 0 before the first byte.
  @exclusivity(unchecked) var nameNumber: UInt32 = 0
  /// Bytes before those in the buffer, if the stream has no file, in order.
  var retained: [RetainedPiece] = []
  /// Whether the stream has no file, and its last bytes stay in memory.
  let isRetained: Bool
  /// Whether the bytes go to a spool: an archive will take them, or they only serve to compare copies with them.
  var isSpooled: Bool { !isCapture && (store.tar != nil || store.options.keepsNoStreams) }
  /// Whether the file exists on the disk.
  var isCreated = false
  /// Device and inode of the file, known once it was closed: a reopened file must be the same.
  var identity: FileStatus?
  /// Stream offset of the end of the bytes that are in the file or will be.
  @exclusivity(unchecked) var streamEnd: Int64 = 0
  /// Length that the file has or will have; holes count.
  @exclusivity(unchecked) var fileEnd: Int64 = 0
  /// Number of bytes that arrived when the file had its greatest length.
  private(set) var truncatedBytes: Int64 = 0
  /// Whether there is no file because the direction had too few bytes.
  private(set) var isWithheld = false
  /// Number of bytes that were written to the file.
  var writtenEnd: Int64 = 0
  /// Number of the last job of a writer for this file; 0 before the first.
  @exclusivity(unchecked) var lastJob: UInt64 = 0
  @exclusivity(unchecked) var failure: SystemError?
  @exclusivity(unchecked) var notes: FlowNotes?
  var digest: Digest?
  /// SHA-256 of the whole file, once it is complete.
  var sha256: [UInt8]?
  /// Without a file of its own: what is no longer in the buffer; nil if nothing is.
  var pending: PendingMember?
  /// Offset of the contents in the archive, once that has the file.
  var place: Int64 = 0

  init(conversation: ConnectionStream, side: Side, store: FileStore, clearOf: UInt32? = nil, isCapture: Bool = false) {
    self.conversation = conversation
    self.side = side
    self.store = store
    self.clearOf = clearOf
    self.isCapture = isCapture
    isRetained = store.retainsStreams && !isCapture
  }

  /// Whether the file holds clear bytes, and not the stream.
  var isClear: Bool { clearOf != nil }

  /// Whether the index has a hash of the file.
  var isHashed: Bool { store.options.hashes && !isCapture }

  /// What the name is made of.
  var nameValues: NameValues {
    if isCapture, let capture = conversation.capture { return capture.nameValues }
    var values = conversation.nameValues(of: side)
    values.clearOf = clearOf
    return values
  }

  /// Length of the file on the disk.
  var fileSize: Int64 { failure == nil ? fileEnd : writtenEnd }

  func existingNotes() -> FlowNotes {
    if let notes { return notes }
    let made = FlowNotes(store.noteSpool)
    notes = made
    return made
  }

  /// Appends the next bytes of the stream.
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - info: the packet that brought them.
  /// - Returns: the number of bytes that the file has room for.
  @discardableResult
  func append(_ bytes: Span<UInt8>, info: PacketStamp) -> Int {
    guard bytes.count > 0 else { return 0 }
    if let notes, notes.hasPending { notes.bytesFollow(isFirst: nameNumber == 0) }
    if nameNumber == 0 { nameNumber = store.reserveName(nameValues) }
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

  /// Returns how many of `count` bytes the file may still take, and counts the others.
  ///
  /// A file that was once full remains full.
  private func room(for count: Int) -> Int {
    let limit = store.options.maxBytes
    if limit == .max { return count }
    let end = fileEnd &+ (notes?.pendingRoom ?? 0)
    let room = truncatedBytes > 0 || end >= limit ? 0 : Int(min(Int64(count), limit &- end))
    truncatedBytes &+= Int64(count - room)
    return room
  }

  /// Appends a gap.
  func append(_ gap: Gap) {
    let wantsRoom = store.options.gaps == .zero && gap.length <= store.options.maxGap
    let room = wantsRoom ? store.takeRoom(for: gap.length, isClear: isClear) : 0
    existingNotes().add(gap, fileEnd: fileEnd, room: room, wasRefused: wantsRoom && room == 0)
  }

  /// Releases the notes, after the index line is written.
  func forgetNotes() { if let notes, !isClear { store.forget(notes) } }

  /// Records two versions of bytes that were not delivered yet.
  func note(_ conflict: Conflict) {
    var listed = ListedConflict(
      offset: conflict.offset, length: 0, keptBy: PacketReference(conflict.keptInfo), kept: [],
      otherBy: PacketReference(conflict.otherInfo), other: [])
    for index in 0..<min(conflict.kept.count, conflict.other.count, Differences.shownBytes) {
      listed.append(conflict.kept[index], conflict.other[index])
    }
    listed.length = Int64(conflict.kept.count)
    store.conflicts &+= 1
    if existingNotes().add(listed) { store.announcer?.found(listed, in: conversation, from: side) }
  }

  /// Completes and closes the file, by a writer if there is one, because the connection is over.
  ///
  /// - Parameters:
  ///   - bytes: the number of bytes of the whole direction, as the engine counted them.
  ///   - isWanted: whether the connection is written.
  func finish(bytes: Int64, isWanted: Bool = true) {
    store.giveBackRoom(notes?.pendingRoom ?? 0, refusals: notes?.pendingRefusals ?? 0, isClear: isClear)
    notes?.dropPending(fileEnd: fileEnd)
    if !isWanted || bytes < store.options.minBytes && failure == nil {
      awaitWrites()
      store.giveBackRoom(fileEnd &- (bytes &- truncatedBytes), refusals: 0, isClear: isClear)
      withhold()
      return
    }
    if store.options.keepsNoStreams {
      awaitWrites()
      return discard()
    }
    if store.options.writesEmpty, !isCreated { createEmpty() }
    if let tar {
      let isCiphertext = store.options.leavesOutCiphertext && !isClear && conversation.stages?.isEncrypted == true
      return isCiphertext ? leaveOut() : put(in: tar)
    }
    if !handOver(closing: true) { close() }
  }

  /// Whether nothing of the file was written, and all of it is in the buffer.
  var isNew: Bool { !isCreated && descriptor < 0 && lastJob == 0 && failure == nil && !isRetained && buffer?.dirty.isEmpty == false }

  /// Writes the buffered bytes and closes the file.
  func close() {
    drain()
    closeDescriptor()
    releaseBuffer()
    wrapUp()
  }

  /// Computes the final figures of a closed file.
  func wrapUp() {
    if isHashed, failure == nil, isCreated {
      // A direction without a byte has no digest yet.
      sha256 = (digest ?? Digest(.sha256))?.finish()
      digest = nil
    }
    guard isCreated else { return }
    if isCapture {
      store.capturesWritten &+= 1
      store.captureBytesWritten &+= UInt64(clamping: fileSize)
    } else {
      store.filesWritten &+= 1
      store.bytesWritten &+= UInt64(clamping: fileSize)
    }
  }
}

extension FlowFile {
  /// Withholds the file of the direction: drops the buffered bytes, and removes a file that was created meanwhile.
  private func withhold() {
    isWithheld = true
    notes?.removePlaces()
    discard()
  }

  /// Removes the capture of a connection that is not written.
  func discardCapture() {
    awaitWrites()
    discard()
  }

  /// There is no file of it.
  private func discard() {
    digest = nil
    pending = nil
    closeDescriptor()
    releaseBuffer()
    if !retained.isEmpty { releaseRetained() }
    guard isCreated else { return }
    store.directory.removeFile(path)
    isCreated = false
  }

  /// Removes the file of a connection that is over; what was counted and hashed of it stays.
  func remove() {
    guard isCreated, store.directory.removeFile(path) != nil else { return }
    isCreated = false
    store.filesWritten &-= 1
    store.bytesWritten &-= UInt64(clamping: fileSize)
  }

  /// Writes where the file is: `file` with the path below the output directory, and `file_base64` if that is not UTF-8; or `member`.
  func writePath(to json: inout JSONWriter) {
    guard tar == nil else { return writeMember(to: &json) }
    guard store.options.template.needsEscaping else {
      json.key("file")
      json.string { writer in writer.appendPlain { appendPath(to: &$0) } }
      json.nullIfFull("file_base64")
      return json.nullIfFull("member")
    }
    json.path("file", FilePath(path))
    json.nullIfFull("member")
  }

  /// Path below the output directory.
  var path: [UInt8] { store.path(of: nameValues, number: nameNumber) }

  /// Appends the path below the output directory.
  func appendPath(to text: inout [UInt8]) {
    store.appendPath(of: nameValues, number: nameNumber, to: &text)
  }
}
