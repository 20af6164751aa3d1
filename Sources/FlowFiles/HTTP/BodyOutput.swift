internal import HTTP
internal import Packets

/// Files of one body: its content, and the body as sent if that differs.
final class BodyOutput: BodyReceiver {
  private let output: HTTPOutput
  private let exchange: Exchange
  private let side: MessageSide
  private let name: BodyName
  /// Path of the body; the paths of its other files extend it.
  let path: [UInt8]
  private let time: Timestamp
  private(set) var content: BodyFile?
  private(set) var raw: BodyFile?
  /// Search of the content; nil if nothing is searched for, and after the end.
  var search: BodySearch?
  /// SHA-256 of the body as sent, if it has codings.
  private(set) var rawSHA256: [UInt8]?
  /// File that joins the ranges of this body and of earlier ones; nil without one.
  var joined: BodyFile?
  /// What is written of the connection, if that is decided at its end.
  private let held: HeldMessages?

  init(
    _ output: HTTPOutput, _ exchange: Exchange, _ side: MessageSide, _ name: BodyName, time: Timestamp, _ held: HeldMessages? = nil
  ) {
    self.held = held
    self.output = output
    self.exchange = exchange
    self.side = side
    self.name = name
    self.time = time
    path = output.reserve(name)
  }

  /// Name of another file, which extends the path of the body.
  func extended(by suffix: [UInt8]) -> BodyName {
    var name = name
    name.parts = .extended(path, suffix: suffix)
    return name
  }

  func content(_ bytes: Span<UInt8>, at offset: Int64) {
    if let search, let stamp = exchange[side]?.body?.lastStamp { search.append(bytes, at: offset, stamp: stamp) }
    if let content { return content.content(bytes, at: offset) }
    let file = BodyFile(output, path, time: time, held)
    content = file
    file.content(bytes, at: offset)
  }

  func raw(_ bytes: Span<UInt8>, at offset: Int64) {
    if let raw { return raw.content(bytes, at: offset) }
    let file = BodyFile(output, output.reserve(extended(by: Array(".raw".utf8))), time: time, held)
    raw = file
    file.content(bytes, at: offset)
  }

  func contentEnds() {
    search?.end()
    search = nil
    if let raw { settle(raw) }
    content?.close()
  }

  /// Keeps the file of the body as sent if the content does not replace it.
  private func settle(_ raw: BodyFile) {
    switch exchange[side]?.body?.decoding {
    case .whole?: raw.discard()
    case .partial?, nil: raw.close()
    case Decoding.none?:
      if let content, content.end == raw.end, !raw.hasHole {
        // The body was not decoded, so both files are equal.
        raw.discard()
      } else {
        // Decoding failed, so the body as sent is its content.
        content?.discard()
        raw.rename(path)
        raw.close()
        content = raw
        self.raw = nil
      }
    }
    rawSHA256 = raw.sha256
  }
}

/// Receiver of a part of a multipart body: hashes the part, and writes it if it has a file.
final class PartOutput: ContentReceiver {
  private let file: BodyFile?
  private var digest: Digest?
  private var end: Int64 = 0
  private(set) var sha256: [UInt8]?

  /// Creates a receiver.
  ///
  /// - Parameter file: the file of the part; nil if only its hash is wanted.
  init(_ file: BodyFile?) {
    self.file = file
    digest = Digest(.sha256)
  }

  /// File of the part; nil without one.
  var created: BodyFile? { file?.isCreated == true ? file : nil }

  func content(_ bytes: Span<UInt8>, at offset: Int64) {
    if offset != end { digest = nil }
    end = offset &+ Int64(bytes.count)
    bytes.withUnsafeBytes { digest?.update($0) }
    file?.content(bytes, at: offset)
  }

  func contentEnds() {
    file?.close()
    sha256 = digest?.finish()
    digest = nil
  }
}
