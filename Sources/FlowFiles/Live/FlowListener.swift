/// A listener that is notified of connections during the run.
///
/// It is called from the thread that feeds the assembler.
public protocol FlowListener: AnyObject {
  /// Whether `happened` should be called; if not, events are not formatted.
  var wantsEvents: Bool { get }

  /// Called when a connection opened or closed, or a gap or a conflict was found.
  ///
  /// - Parameter line: the event as one line of JSON with its line feed.
  func happened(_ line: UnsafeBufferPointer<UInt8>)

  /// Called when a connection is over and its files are complete.
  ///
  /// - Parameter line: the index line with its line feed.
  func completed(_ line: UnsafeBufferPointer<UInt8>)
}
