import FlowFiles

/// Passes on what happens while it happens: events to standard output, finished connections to a program.
final class RunListener: FlowListener {
  let wantsEvents: Bool
  let closeCommand: CloseCommand?
  /// Why standard output takes no more; 0 while it does.
  private(set) var outputError: Int32 = 0

  /// nil where nobody wants to know.
  init?(_ command: ReasmCommand) {
    guard command.events.events || command.events.onClose != nil else { return nil }
    wantsEvents = command.events.events
    closeCommand = command.events.onClose.map { CloseCommand(path: $0, isLive: command.live.isLive) }
  }

  /// At once, so that a program behind a pipe sees it now.
  ///
  /// When the reader has gone away, the run has no more use.
  func happened(_ line: UnsafeBufferPointer<UInt8>) {
    guard outputError == 0 else { return }
    outputError = EventOutput.write(line)
    if outputError != 0 { Interruption.stop() }
  }

  func completed(_ line: UnsafeBufferPointer<UInt8>) { closeCommand?.add(line) }
}
