internal import Stages

/// Object that takes the bytes of a body or of a message, in order.
protocol ContentSink: AnyObject {
  /// Whether contiguous bytes may come in one call, however many packets brought them.
  var joinsBytes: Bool { get }

  /// Takes the next bytes.
  ///
  /// - Parameters:
  ///   - bytes: the bytes, valid only during the call.
  ///   - offset: offset of the first byte in the body as sent, or in the message.
  func take(_ bytes: Span<UInt8>, at offset: Int64)
}

/// Work on bodies and messages, which another thread may do: bytes for those that take them, and calls, in order.
///
/// A batch belongs to one thread at a time: the thread that reads the streams fills it, and the thread that it is handed to runs it.
public final class ContentBatch {
  /// Number of bytes at which a batch is handed over.
  private static let mostBytes = 256 << 10
  /// Number of steps at which a batch is handed over.
  private static let mostSteps = 1_024

  private struct Step {
    var sink: (any ContentSink)?
    var call: (() -> Void)?
    var offset: Int64 = 0
    var count = 0
  }

  @exclusivity(unchecked) private var steps: [Step] = []
  @exclusivity(unchecked) private var bytes: [UInt8] = []

  /// Creates an empty batch.
  public init() {
    steps.reserveCapacity(Self.mostSteps)
    bytes.reserveCapacity(Self.mostBytes + (64 << 10))
  }

  /// Whether there is nothing to do.
  public var isEmpty: Bool { steps.isEmpty }

  var isFull: Bool { bytes.count >= Self.mostBytes || steps.count >= Self.mostSteps }

  func add(_ call: @escaping () -> Void) { steps.append(Step(call: call)) }

  func add(_ more: Span<UInt8>, to sink: any ContentSink, at offset: Int64) {
    bytes.append(more)
    if let last = steps.last, last.sink === sink, sink.joinsBytes, last.offset &+ Int64(last.count) == offset {
      steps[steps.count - 1].count += more.count
    } else {
      steps.append(Step(sink: sink, offset: offset, count: more.count))
    }
  }

  /// Does the work, and empties the batch.
  public func run() {
    var position = 0
    for step in steps {
      step.call?()
      guard let sink = step.sink else { continue }
      sink.take(bytes.span.extracting(position..<(position + step.count)), at: step.offset)
      position += step.count
    }
    steps.removeAll(keepingCapacity: true)
    // One call can bring more bytes than a batch usually has; their memory is not kept.
    bytes.removeAll(keepingCapacity: bytes.count <= Self.mostBytes * 2)
  }
}

/// Queue of batches for another thread.
public protocol ContentQueue: AnyObject {
  /// Takes a batch, which must be run after all earlier ones, and returns an empty batch.
  ///
  /// The call may wait until the other thread has caught up.
  ///
  /// - Parameter batch: the batch, which the caller does not use any more.
  /// - Returns: a batch that no other thread uses.
  func exchange(_ batch: ContentBatch) -> ContentBatch
}

extension HTTPContext {
  /// Makes a call, after the work that was added before it.
  ///
  /// - Parameter call: the call, which another thread may make.
  public func perform(_ call: @escaping () -> Void) {
    guard let batch else { return call() }
    batch.add(call)
    if batch.isFull { handOver() }
  }

  /// Passes bytes on, after the work that was added before them.
  func pass(_ bytes: Span<UInt8>, to sink: any ContentSink, at offset: Int64) {
    guard let batch else { return sink.take(bytes, at: offset) }
    batch.add(bytes, to: sink, at: offset)
    if batch.isFull { handOver() }
  }

  /// Hands over the work that was added so far.
  public func handOver() {
    guard let batch, let queue, !batch.isEmpty else { return }
    self.batch = queue.exchange(batch)
  }
}
