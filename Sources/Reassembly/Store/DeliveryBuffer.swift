import Packets

/// Contiguous bytes of a delivery that one packet brought.
struct Chunk {
  var bytes: UnsafePointer<UInt8>
  var count: Int
  /// Number of bytes before it in this delivery.
  var start: Int
  var stamp: PacketStamp
}

/// Chunks of one delivery, in order; reused for every delivery, so that one allocates nothing once the buffer has grown.
///
/// The pointers lead into pages and into the current packet. Both stay valid until the call of the stream returns: pages are freed and the
/// packet is released only afterwards.
struct DeliveryBuffer: ~Copyable {
  private var chunks: UnsafeMutablePointer<Chunk>
  private var capacity = 64
  private(set) var count = 0
  /// Number of bytes of all chunks.
  private(set) var bytes = 0

  init() { chunks = .allocate(capacity: capacity) }

  deinit { chunks.deallocate() }

  mutating func removeAll() {
    count = 0
    bytes = 0
  }

  mutating func append(_ buffer: UnsafeBufferPointer<UInt8>, stamp: PacketStamp) {
    guard let base = buffer.baseAddress, buffer.count > 0 else { return }
    if count == capacity {
      capacity *= 2
      chunks.grow(count, to: capacity)
    }
    (chunks + count).initialize(to: Chunk(bytes: base, count: buffer.count, start: bytes, stamp: stamp))
    count += 1
    bytes += buffer.count
  }

  /// Replaces all chunks with the bytes of one packet.
  ///
  /// - Precondition: there are some.
  @inline(always)
  mutating func replaceAll(with buffer: UnsafeBufferPointer<UInt8>, stamp: PacketStamp) {
    let chunk = Chunk(bytes: buffer.baseAddress.unsafelyUnwrapped, count: buffer.count, start: 0, stamp: stamp)
    chunks.initialize(to: chunk)
    count = 1
    bytes = buffer.count
  }

  @inline(always)
  var contents: UnsafeBufferPointer<Chunk> { UnsafeBufferPointer(start: chunks, count: count) }
}
