internal import Matching
internal import Packets
internal import Stages

/// Layer whose bytes are searched.
enum MatchLayer: String, CaseIterable {
  /// The stream of TCP.
  case stream
  /// The clear bytes of TLS.
  case clear
  /// The content of a body of HTTP.
  case http
}

/// Line of matches.ndjson without its first members, which are known when the connection is over.
///
/// A head of 64 bits precedes it in the spool: the length, and in bit 63 whether the responder sent the bytes.
enum MatchLine {
  static let headSize = 8

  struct Head {
    let length: Int
    let sender: Sender

    init(length: Int, sender: Sender) {
      self.length = length
      self.sender = sender
    }

    /// Reads a head; nil unless there are 8 bytes.
    init?(_ bytes: [UInt8]) {
      guard bytes.count == MatchLine.headSize else { return nil }
      let word = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      self.init(length: Int(word & .max >> 1), sender: word >> 63 == 0 ? .originator : .responder)
    }

    var word: UInt64 { UInt64(length) | (sender == .originator ? 0 : 1 << 63) }
  }

  /// Exchange whose body has the match.
  struct Place {
    let exchange: UInt64
    let isRequest: Bool
  }

  /// Returns the members of a line, each with a comma before it.
  static func members(_ match: Match, of pattern: Pattern, in layer: MatchLayer, _ place: Place?, namesInputs: Bool) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.text("layer", layer.rawValue)
    if let place {
      json.key("exchange")
      json.integer(place.exchange)
      json.key("side")
      json.word(place.isRequest ? "request" : "response")
    }
    json.wire("pattern", pattern.name)
    json.key("offset")
    json.integer(match.offset)
    json.key("length")
    json.integer(match.length)
    json.key("time")
    json.time(Timestamp(nanoseconds: match.last.nanoseconds))
    if let first = match.first { packet("first_packet", "first_input", first, namesInputs, &json) }
    packet("last_packet", "last_input", match.last, namesInputs, &json)
    json.key("around")
    json.base64(match.around)
    json.key("around_offset")
    json.integer(match.aroundOffset)
    json.endObject()
    // The braces are those of the whole line.
    return [0x2c] + json.bytes.dropFirst().dropLast()
  }

  private static func packet(
    _ name: StaticString, _ input: StaticString, _ stamp: ByteStamp, _ namesInputs: Bool, _ json: inout JSONWriter
  ) {
    json.key(name)
    json.integer(stamp.packet)
    guard namesInputs else { return }
    json.key(input)
    json.integer(UInt64(stamp.input))
  }
}
