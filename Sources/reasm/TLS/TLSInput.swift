import FlowFiles
import TLS

/// Secrets of a run, and the sources of the stages that use them.
final class TLSInput {
  let source: TLSSource
  private let logs: KeyLogs
  /// Whether TLS is read.
  private(set) var isWanted: Bool
  /// Called when the capture contains secrets and no option asked for TLS: connections from now on are read.
  var begin: ((TLSInput) -> Void)?
  /// Time of the next poll of followed logs on the monotonic clock, in nanoseconds.
  private var nextPoll: Int64 = 0

  private static let pollInterval: Int64 = 100_000_000

  /// Reads the key logs.
  ///
  /// - Throws: `KeyLogError` if one cannot be read.
  init(_ command: ReasmCommand) throws {
    let limit = command.tls.keyWaitMemory.bytes
    logs = try KeyLogs(command.tls.keylog, follows: command.live.isLive || command.input.follow)
    let waitingLimit = limit == 0 ? nil : Int(clamping: limit)
    source = TLSSource(secrets: logs, waitingLimit: waitingLimit)
    isWanted = command.tls.isWanted || command.http.outputOptions != nil
  }

  /// Makes ciphertext wait, because secrets may come with the rest of the capture.
  func expectSecretsOfCapture() { logs.mayGrow = true }

  /// Adds a key log of the capture.
  func add(_ log: [UInt8]) {
    logs.add(log)
    if !isWanted, !logs.hasNoneOfCapture {
      isWanted = true
      begin?(self)
    } else {
      secretsChanged()
    }
  }

  /// Polls followed logs, at most ten times a second.
  func poll() {
    guard isWanted, logs.mayGrow else { return }
    let now = SystemClock.monotonic
    guard now >= nextPoll else { return }
    nextPoll = now &+ Self.pollInterval
    if logs.poll() { secretsChanged() }
  }

  private func secretsChanged() {
    source.secretsChanged()
  }

  /// Ends the waiting for secrets, because the capture was read.
  func finish() {
    _ = logs.poll()
    secretsChanged()
    logs.mayGrow = false
  }
}
