internal import Reassembly

/// What is kept of a file while nothing of it is buffered and its descriptor is closed: most files of a million open connections.
///
/// It stands in for a `FlowFile` that holds nothing out of the ordinary.
struct RestingFile {
  private var inode: UInt64 = 0
  /// Of stream and file.
  private var end: Int64 = 0
  /// 0 stands for no file.
  private var nameNumber: UInt32 = 0

  static let none = RestingFile()

  var exists: Bool { nameNumber > 0 }

  private init() {}

  /// - Returns: nil where the file is in use, or there is more to be kept.
  init?(_ file: FlowFile) {
    guard !file.isClear, file.buffer == nil, file.descriptor < 0, file.lastJob <= file.store.collected, file.writtenEnd == file.fileEnd
    else { return nil }
    guard file.failure == nil, file.notes == nil, file.digest == nil, file.truncatedBytes == 0, !file.conversation.isFinishing else {
      return nil
    }
    // Without gaps, and with all bytes taken, stream and file are equally long.
    guard file.isCreated, file.streamEnd == file.fileEnd, let identity = file.identity, file.store.isUsualDevice(identity.device) else {
      return nil
    }
    inode = identity.inode
    end = file.fileEnd
    nameNumber = file.nameNumber
  }

  /// The file in use again.
  func woken(conversation: ConnectionStream, side: Side, store: FileStore) -> FlowFile {
    let file = FlowFile(conversation: conversation, side: side, store: store)
    file.nameNumber = nameNumber
    file.isCreated = true
    file.identity = FileStatus(device: store.usualDevice, inode: inode, isRegular: true)
    file.streamEnd = end
    file.fileEnd = end
    file.writtenEnd = end
    return file
  }
}
