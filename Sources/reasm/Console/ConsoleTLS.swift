import FlowFiles
import HTTP
import Packets
import Reassembly
import Stages
import TLS

/// Receiver of the clear bytes of TLS in one connection that is printed.
///
/// The bytes are printed as they arrive, kept in a log until the connection completes, or read as HTTP.
final class ConsoleTLS: ClearReceiver {
  /// Consumer of clear bytes in order of arrival; nil if they are kept in ``log``.
  private let printNow: ((_ bytes: Span<UInt8>, _ offset: Int64, _ stamp: ByteStamp, _ sender: Sender) -> Void)?
  /// Source of the stage that reads HTTP in clear bytes; nil if HTTP is not read.
  private let makeHTTP: (() -> HTTPStage)?
  private let spool: Spool
  /// Clear bytes in the order in which their records were completed.
  private(set) var log: ConversationLog?
  /// Stage that reads HTTP in the clear bytes; nil before the first of them.
  private(set) var http: HTTPStage?
  /// Whether the length of each gap is exact, by sender.
  private(set) var areGapsExact = [true, true]

  /// Creates a receiver.
  ///
  /// - Parameters:
  ///   - spool: the storage of the log.
  ///   - makeHTTP: a function that creates the stage that reads HTTP in the clear bytes; nil if they are not read as HTTP.
  ///   - printNow: a consumer of bytes in order of arrival; nil to keep them until the connection completes.
  init(
    _ spool: Spool, makeHTTP: (() -> HTTPStage)?,
    printNow: ((_ bytes: Span<UInt8>, _ offset: Int64, _ stamp: ByteStamp, _ sender: Sender) -> Void)?
  ) {
    self.spool = spool
    self.makeHTTP = makeHTTP
    self.printNow = printNow
  }

  private func readHTTP(_ body: (HTTPStage) -> Void) {
    guard let makeHTTP else { return }
    let stage = http ?? makeHTTP()
    http = stage
    body(stage)
  }

  func clear(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender) {
    // The acknowledgment number of the packet counts ciphertext, not clear bytes.
    let clearStamp = stamp.withoutAcknowledgment
    readHTTP { $0.bytes(bytes, at: offset, stamp: clearStamp, from: sender) }
    if let printNow { return printNow(bytes, offset, clearStamp, sender) }
    if http?.isHTTP == true {
      log = nil
      return
    }
    let log = log ?? ConversationLog(spool, keepsBytes: true)
    self.log = log
    log.append(bytes, at: offset, stamp: clearStamp, from: sender)
  }

  func clearGap(_ gap: ClearGap, from sender: Sender) {
    if !gap.isExact { areGapsExact[Int(sender.rawValue)] = false }
    readHTTP { $0.gap(at: gap.offset, length: gap.length, isExact: gap.isExact, from: sender) }
  }

  func clearEnd(_ end: StreamEnd, from sender: Sender) { http?.end(end, from: sender) }
}
