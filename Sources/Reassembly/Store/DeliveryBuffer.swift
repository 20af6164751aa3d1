import Packets

/// A contiguous segment of what is being handed on.
struct Chunk {
  var bytes: UnsafePointer<UInt8>
  var count: Int
  /// How many bytes come before it in this delivery.
  var start: Int
  var stamp: PacketStamp
}

/// The segments of one delivery, in order; reused for every one, so that a delivery allocates nothing once it has grown.
///
/// The pointers lead into pages and into the packet at hand. Both stay where they are until the stream has answered: pages are freed and
/// the packet goes only afterwards.
struct DeliveryBuffer: ~Copyable {
  private var chunks: UnsafeMutablePointer<Chunk>
  private var capacity = 64
  private(set) var count = 0
  /// Bytes of all chunks.
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

  /// The bytes of one packet alone.
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
