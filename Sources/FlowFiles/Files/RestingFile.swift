internal import Reassembly

/// Small state of a file that has no buffered bytes and a closed descriptor, as most files of a million open connections.
///
/// It replaces a `FlowFile` that has no unusual state.
struct RestingFile {
  private var inode: UInt64 = 0
  /// End of the stream, and length of the file.
  private var end: Int64 = 0
  /// Number among equal names; 0 if there is no file.
  private var nameNumber: UInt32 = 0

  static let none = RestingFile()

  var exists: Bool { nameNumber > 0 }

  private init() {}

  /// Creates the resting state of a file; nil if the file is in use, or has more state to keep.
  init?(_ file: FlowFile) {
    guard !file.isClear, file.buffer == nil, file.descriptor < 0, file.lastJob <= file.store.collected, file.writtenEnd == file.fileEnd
    else { return nil }
    guard file.failure == nil, file.notes == nil, file.digest == nil, file.truncatedBytes == 0, !file.conversation.isFinishing else {
      return nil
    }
    // Without gaps and truncated bytes, stream and file are equally long.
    guard file.isCreated, file.streamEnd == file.fileEnd, let identity = file.identity, file.store.isUsualDevice(identity.device) else {
      return nil
    }
    inode = identity.inode
    end = file.fileEnd
    nameNumber = file.nameNumber
  }

  /// Returns the file in use again.
  func woken(conversation: ConnectionStream, side: Side, store: FileStore, isCapture: Bool = false) -> FlowFile {
    let file = FlowFile(conversation: conversation, side: side, store: store, isCapture: isCapture)
    file.nameNumber = nameNumber
    file.isCreated = true
    file.identity = FileStatus(device: store.usualDevice, inode: inode, isRegular: true)
    file.streamEnd = end
    file.fileEnd = end
    file.writtenEnd = end
    return file
  }
}
