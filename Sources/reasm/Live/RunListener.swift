import FlowFiles

/// Listener that passes on events to standard output and completed connections to a program.
final class RunListener: FlowListener {
  let wantsEvents: Bool
  let closeCommand: CloseCommand?
  /// Whether the run ends if nobody reads the events: a live run has no end of its own.
  private let endsWithReader: Bool
  /// Error number because of which standard output accepts no more; 0 if there is none.
  private(set) var outputError: Int32 = 0

  /// Creates the listener; nil if the command asks for no notifications.
  init?(_ command: ReasmCommand) {
    guard command.events.events || command.events.onClose != nil else { return nil }
    wantsEvents = command.events.events
    endsWithReader = command.live.isLive
    closeCommand = command.events.onClose.map { CloseCommand(path: $0, isLive: command.live.isLive) }
  }

  /// Writes an event at once, so that a program behind a pipe sees it immediately.
  ///
  /// When the reader has closed the pipe, a live run ends. A capture is read to its end, because the files are the result.
  func happened(_ line: UnsafeBufferPointer<UInt8>) {
    guard outputError == 0 else { return }
    outputError = EventOutput.write(line)
    if outputError != 0, endsWithReader { Interruption.stop() }
  }

  func completed(_ line: UnsafeBufferPointer<UInt8>) { closeCommand?.add(line) }
}
