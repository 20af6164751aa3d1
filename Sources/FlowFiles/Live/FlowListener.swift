/// A listener that learns of connections while they happen.
///
/// It is called from the thread that feeds the assembler.
public protocol FlowListener: AnyObject {
  /// Whether `happened` is wanted: what nobody wants is not put into words.
  var wantsEvents: Bool { get }

  /// A connection opened or closed, or a gap or a conflict was found: one line of JSON with its line feed.
  func happened(_ line: UnsafeBufferPointer<UInt8>)

  /// A connection is over and its files are complete: its line of the index, with its line feed.
  func completed(_ line: UnsafeBufferPointer<UInt8>)
}
