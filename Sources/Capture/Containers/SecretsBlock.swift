internal import Glibc
internal import Paths

/// Decryption Secrets Block of pcapng: a key log of TLS inside a capture.
///
///     +------+--------+-----------------+----------------+---------+---------+--------+
///     | type | length | type of secrets | length of them | secrets | options | length |
///     +------+--------+-----------------+----------------+---------+---------+--------+
enum SecretsBlock {
  /// Bytes before the secrets.
  static let headLength = 16
  /// Type of secrets: a key log of TLS.
  private static let keyLog: UInt32 = 0x544c_534b

  /// Length of the key log that a block holds; nil where it holds none.
  ///
  /// The caller ensures that `block` has `length` bytes, the second length included.
  static func keyLogLength(_ block: UnsafePointer<UInt8>, _ length: Int, _ order: ByteOrder) -> Int? {
    guard length >= headLength + 4, order.uint32(block, 8) == keyLog else { return nil }
    let stated = Int(order.uint32(block, 12))
    return stated <= length - headLength - 4 ? stated : nil
  }

  /// Reads the secrets of a file from the heads of its blocks, without a look at the packets.
  ///
  /// It ends where a block is damaged: what stands behind is found when the packets are read. O(length of the file), 64 KiB at a time.
  ///
  /// - Parameters:
  ///   - path: a file that begins with a section.
  ///   - body: called with each key log, in the order of the file.
  static func forEach(in path: FilePath, _ body: ([UInt8]) -> Void) {
    let descriptor = open(path.terminated, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var piece = FilePiece(descriptor)
    var order = ByteOrder(.little)
    var offset: off_t = 0
    while let head = piece.bytes(at: offset, 12) {
      let type = order.uint32(head, 0)
      if type == PcapngReader.BlockType.section {
        switch (head[8], head[9], head[10], head[11]) {
        case (0x4d, 0x3c, 0x2b, 0x1a): order.isSwapped = ByteOrder(.little).isSwapped
        case (0x1a, 0x2b, 0x3c, 0x4d): order.isSwapped = ByteOrder(.big).isSwapped
        default: return
        }
      }
      let length = order.uint32(head, 4)
      guard length >= 12, length % 4 == 0 else { return }
      if type == PcapngReader.BlockType.secrets, length <= PcapngReader.maxBlockLength, let block = piece.bytes(at: offset, Int(length)),
        let count = keyLogLength(block, Int(length), order)
      {
        body(Array(UnsafeBufferPointer(start: block + headLength, count: count)))
      }
      offset += off_t(length)
    }
  }
}

/// The part of a file that was read last.
private struct FilePiece: ~Copyable {
  private let descriptor: Int32
  private var memory: UnsafeMutablePointer<UInt8>
  private var capacity = 64 << 10
  private var start: off_t = 0
  private var count = 0

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    memory = .allocate(capacity: capacity)
  }

  deinit { memory.deallocate() }

  /// Bytes of the file, valid until the next call; nil where it ends before, or cannot be read.
  mutating func bytes(at offset: off_t, _ length: Int) -> UnsafePointer<UInt8>? {
    // Guard of the result: `length` bytes of what was read lie behind it.
    if offset >= start, offset + off_t(length) <= start + off_t(count) { return UnsafePointer(memory + Int(offset - start)) }
    if length > capacity {
      memory.deallocate()
      memory = .allocate(capacity: length)
      capacity = length
    }
    (start, count) = (offset, 0)
    while count < length {
      let added = pread(descriptor, memory + count, capacity - count, offset + off_t(count))
      if added < 0, errno == EINTR { continue }
      guard added > 0 else { return nil }
      count += added
    }
    return UnsafePointer(memory)
  }
}
