internal import Glibc
internal import Paths

/// Bytes of a file that a thread of its own decompresses while the packets before them are used.
///
/// The first bytes are read by the calling thread, so that a short input needs no thread. Where there is no second processor, or no thread
/// can be created, all bytes are.
final class ReadAheadInput: ByteOrigin {
  /// Number of bytes that are read without a thread.
  private static let firstBytes = 512 << 10

  private let origin: any ByteOrigin
  /// Number of bytes of the file that `origin` has used; called by the thread that reads.
  private let position: () -> Int64
  private var bytesRead = 0
  private var mayHaveThread = true
  /// Pieces that the thread reads; nil without one.
  private var pieces: PieceRing?
  private var thread: pthread_t?
  /// Number of bytes of the current piece that were returned.
  private var done = 0

  let path: FilePath

  /// Creates an input.
  ///
  /// - Parameters:
  ///   - origin: the origin of the bytes, which the thread alone uses once there is one. Its reads must not wait for others.
  ///   - position: returns the number of bytes of the file that `origin` has used.
  init(_ origin: any ByteOrigin, position: @escaping () -> Int64) {
    self.origin = origin
    self.position = position
    path = origin.path
  }

  deinit {
    guard let thread else { return }
    pieces?.end()
    pthread_join(thread, nil)
  }

  /// Number of bytes of the file that were used, in proportion to the use of the current piece.
  var bytesUsed: Int64 {
    guard let piece = pieces?.current.pointee else { return position() }
    guard piece.count > 0 else { return piece.end }
    return piece.start &+ (piece.end &- piece.start) &* Int64(done) / Int64(piece.count)
  }

  func read(into room: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
    if pieces == nil {
      if bytesRead >= Self.firstBytes, mayHaveThread { beginThread() }
      if pieces == nil {
        let count = try origin.read(into: room)
        bytesRead += count
        return count
      }
    }
    guard let pieces else { return 0 }
    var piece = pieces.current
    while done == piece.pointee.count {
      if let failure = piece.pointee.failure { throw failure }
      if piece.pointee.isLast { return 0 }
      done = 0
      piece = pieces.advance()
    }
    let count = min(room.count, piece.pointee.count - done)
    room.copyMemory(from: UnsafeRawBufferPointer(rebasing: piece.pointee.memory[done..<(done + count)]))
    done += count
    return count
  }

  private func beginThread() {
    mayHaveThread = false
    guard sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 else { return }
    let ring = PieceRing(position: position())
    let work = ReadingWork(origin, ring, position)
    let context = Unmanaged.passRetained(work)
    // Signals are handled by the other threads; the new one inherits a mask that blocks them all.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var made = pthread_t()
    let error = pthread_create(
      &made, nil,
      { context in
        if let context { Unmanaged<ReadingWork>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, context.toOpaque())
    guard error == 0 else { return context.release() }
    thread = made
    pieces = ring
  }
}

/// What the reading thread does: it fills pieces until the origin ends, or nobody wants more.
private final class ReadingWork {
  private let origin: any ByteOrigin
  private let ring: PieceRing
  private let position: () -> Int64

  init(_ origin: any ByteOrigin, _ ring: PieceRing, _ position: @escaping () -> Int64) {
    self.origin = origin
    self.ring = ring
    self.position = position
  }

  func run() {
    var start = position()
    while let piece = ring.awaitRoom() {
      piece.pointee.count = 0
      do throws(CaptureError) {
        while piece.pointee.count < PieceRing.size, !piece.pointee.isLast {
          let room = UnsafeMutableRawBufferPointer(rebasing: piece.pointee.memory[piece.pointee.count...])
          let count = try origin.read(into: room)
          if count == 0 { piece.pointee.isLast = true }
          piece.pointee.count += count
        }
      } catch {
        piece.pointee.failure = error
      }
      piece.pointee.start = start
      start = position()
      piece.pointee.end = start
      let isOver = piece.pointee.isLast || piece.pointee.failure != nil
      ring.give()
      if isOver { return }
    }
  }
}

/// Pieces of bytes that one thread fills and another one uses, in order.
///
///     | being used | filled | free, or being filled |
///     ^ used                ^ filled
///
/// The using thread owns the piece `used`, the filling thread the piece `filled`, and the numbers change under the lock, which also makes
/// the contents visible to the thread that gets a piece. Therefore unchecked accesses to pieces never overlap.
private final class PieceRing {
  /// Size in bytes of a piece, and number of pieces: one is used, one is filled, and two wait.
  static let size = 256 << 10
  private static let count: UInt64 = 4

  struct Piece {
    let memory: UnsafeMutableRawBufferPointer
    var count = 0
    /// Whether the origin ended behind the piece; `failure` is the error that ended it.
    var isLast = false
    var failure: CaptureError?
    /// Numbers of bytes of the file that were used for the pieces before it, and for it too.
    var start: Int64 = 0
    var end: Int64 = 0
  }

  private struct Shared {
    var lock = pthread_mutex_t()
    /// Signalled when a piece was filled.
    var hasPiece = pthread_cond_t()
    /// Signalled when a piece became free, or no more is wanted.
    var hasRoom = pthread_cond_t()
    /// Number of pieces that were filled; the first one is empty.
    var filled: UInt64 = 1
    /// Number of pieces that were used before the current one.
    var used: UInt64 = 0
    var isEnding = false
  }

  private let shared: UnsafeMutablePointer<Shared>
  private let pieces: UnsafeMutablePointer<Piece>
  /// Number of the current piece, which the using thread alone changes.
  private var number: UInt64 = 0

  /// Creates a ring whose current piece is empty.
  ///
  /// - Parameter position: the number of bytes of the file that were used before.
  init(position: Int64) {
    shared = .allocate(capacity: 1)
    shared.initialize(to: Shared())
    pthread_mutex_init(&shared.pointee.lock, nil)
    pthread_cond_init(&shared.pointee.hasPiece, nil)
    pthread_cond_init(&shared.pointee.hasRoom, nil)
    pieces = .allocate(capacity: Int(Self.count))
    for index in 0..<Int(Self.count) {
      (pieces + index).initialize(to: Piece(memory: .allocate(byteCount: Self.size, alignment: 16), end: position))
    }
  }

  deinit {
    for index in 0..<Int(Self.count) { pieces[index].memory.deallocate() }
    pieces.deinitialize(count: Int(Self.count)).deallocate()
    pthread_cond_destroy(&shared.pointee.hasRoom)
    pthread_cond_destroy(&shared.pointee.hasPiece)
    pthread_mutex_destroy(&shared.pointee.lock)
    shared.deinitialize(count: 1).deallocate()
  }

  private func piece(_ number: UInt64) -> UnsafeMutablePointer<Piece> { pieces + Int(truncatingIfNeeded: number % Self.count) }

  // MARK: The using thread

  /// Piece that is being used.
  var current: UnsafeMutablePointer<Piece> { piece(number) }

  /// Gives the current piece back, waits for the next one, and returns it.
  func advance() -> UnsafeMutablePointer<Piece> {
    number &+= 1
    pthread_mutex_lock(&shared.pointee.lock)
    shared.pointee.used = number
    pthread_cond_signal(&shared.pointee.hasRoom)
    while shared.pointee.filled == number { pthread_cond_wait(&shared.pointee.hasPiece, &shared.pointee.lock) }
    pthread_mutex_unlock(&shared.pointee.lock)
    return current
  }

  /// Makes the filling thread end.
  func end() {
    pthread_mutex_lock(&shared.pointee.lock)
    shared.pointee.isEnding = true
    pthread_cond_signal(&shared.pointee.hasRoom)
    pthread_mutex_unlock(&shared.pointee.lock)
  }

  // MARK: The filling thread

  /// Waits for a free piece, and returns it; nil if no more is wanted.
  func awaitRoom() -> UnsafeMutablePointer<Piece>? {
    pthread_mutex_lock(&shared.pointee.lock)
    defer { pthread_mutex_unlock(&shared.pointee.lock) }
    while shared.pointee.filled &- shared.pointee.used == Self.count, !shared.pointee.isEnding {
      pthread_cond_wait(&shared.pointee.hasRoom, &shared.pointee.lock)
    }
    return shared.pointee.isEnding ? nil : piece(shared.pointee.filled)
  }

  /// Gives the piece that was filled to the using thread.
  func give() {
    pthread_mutex_lock(&shared.pointee.lock)
    shared.pointee.filled &+= 1
    pthread_cond_signal(&shared.pointee.hasPiece)
    pthread_mutex_unlock(&shared.pointee.lock)
  }
}
