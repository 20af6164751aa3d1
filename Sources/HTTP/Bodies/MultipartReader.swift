/// Reader of the parts of a multipart body (RFC 2046, section 5.1).
final class MultipartReader {
  private enum Place {
    /// Before the first delimiter or after the last one.
    case outside
    /// Rest of the line of a delimiter.
    case delimiterLine
    case header
    case content
  }

  /// Maximum length of the header of a part.
  private static let maxHeader = 64 << 10

  /// CR, LF, two dashes and the boundary.
  private let delimiter: [UInt8]
  private let body: Body
  private let context: HTTPContext
  private let makeReceiver: (Part, Int) -> (any ContentReceiver)?
  private var place = Place.outside
  /// Number of bytes of the delimiter that the last bytes of the content match.
  private var matched: Int
  /// Whether the matched bytes begin with LF instead of CR LF.
  private var lacksCR = true
  private var line: [UInt8] = []
  private var header: [UInt8] = []
  private var part: Part?
  private var count = 0
  private var isOver = false

  init(boundary: [UInt8], _ body: Body, _ context: HTTPContext, _ makeReceiver: @escaping (Part, Int) -> (any ContentReceiver)?) {
    delimiter = [0x0d, 0x0a, 0x2d, 0x2d] + boundary
    self.body = body
    self.context = context
    self.makeReceiver = makeReceiver
    // The first delimiter may be at the beginning of the body.
    matched = 2
  }

  func append(_ bytes: Span<UInt8>, at offset: Int64) {
    guard !isOver else { return }
    var index = 0
    while index < bytes.count {
      switch place {
      case .outside, .content: index = search(bytes, index, offset)
      case .delimiterLine, .header:
        read(bytes[index], nextOffset: offset &+ Int64(index) &+ 1)
        index += 1
      }
      if isOver { return }
    }
  }

  /// Searches for the delimiter.
  ///
  /// - Returns: the index at which to continue.
  private func search(_ bytes: Span<UInt8>, _ start: Int, _ offset: Int64) -> Int {
    var index = start
    var runStart = start
    while index < bytes.count {
      let byte = bytes[index]
      if matched == 0 {
        // Fast path: a delimiter begins with CR or LF.
        if byte == 0x0d || byte == 0x0a {
          give(bytes, runStart..<index, offset)
          matched = byte == 0x0d ? 1 : 2
          lacksCR = byte == 0x0a
        }
        index += 1
        continue
      }
      if byte == delimiter[matched] {
        matched += 1
        index += 1
        guard matched == delimiter.count else { continue }
        matched = 0
        endPart(at: offset &+ Int64(index))
        place = .delimiterLine
        line = []
        return index
      }
      // The matched bytes are no delimiter but content. Only their first byte can begin a delimiter.
      runStart = index
      giveMatched(before: offset &+ Int64(index))
      matched = 0
    }
    if matched == 0 { give(bytes, runStart..<index, offset) }
    return index
  }

  private func give(_ bytes: Span<UInt8>, _ range: Range<Int>, _ offset: Int64) {
    guard place == .content, !range.isEmpty, let part else { return }
    part.receiver?.content(bytes.extracting(range), at: offset &+ Int64(range.lowerBound) &- part.range.offset)
  }

  private func giveMatched(before end: Int64) {
    let first = lacksCR ? 1 : 0
    defer { lacksCR = false }
    guard place == .content, let part, matched > first else { return }
    // A line end directly before the content is that of the part's header.
    let length = min(Int64(matched - first), end &- part.range.offset)
    guard length > 0 else { return }
    let held = Array(delimiter[(matched - Int(length))..<matched])
    part.receiver?.content(held.span, at: end &- length &- part.range.offset)
  }

  private func read(_ byte: UInt8, nextOffset: Int64) {
    if place == .delimiterLine {
      if byte == 0x0a {
        place = .header
        header = []
        line = []
      } else if line.count < 2 {
        line.append(byte)
        if line.elementsEqual([0x2d, 0x2d]) {
          isOver = true
        }
      }
      return
    }
    header.append(byte)
    if byte == 0x0a {
      if line.isEmpty || line.elementsEqual([0x0d]) { return beginPart(at: nextOffset) }
      line = []
    } else if line.count < 2 {
      line.append(byte)
    }
    if header.count > Self.maxHeader { isOver = true }
  }

  private func beginPart(at offset: Int64) {
    count += 1
    let head = Head(header, maxFields: 64, hasStartLine: false)
    header = []
    let disposition = FieldParameters(head.value(of: "content-disposition") ?? [])
    var part = Part(
      name: disposition.decoded("name", extended: "name*") ?? [], filename: disposition.decoded("filename", extended: "filename*") ?? [],
      type: head.value(of: "content-type") ?? [], range: ByteRange(offset: offset, length: 0),
      contentRange: head.value(of: "content-range").flatMap(ContentRange.init), receiver: nil)
    part.receiver = body.parts.count < context.options.maxParts ? makeReceiver(part, count) : nil
    self.part = part
    place = .content
    // The delimiter of an empty part follows its header directly and shares the line end of the header.
    matched = 2
    lacksCR = true
  }

  /// Ends the part before the delimiter that ends at `end`.
  private func endPart(at end: Int64) {
    guard var part else { return }
    self.part = nil
    let length = end &- Int64(delimiter.count - (lacksCR ? 1 : 0)) &- part.range.offset
    // The length is negative if the part is empty: the line end before its delimiter is that of its header.
    part.range.length = max(0, length)
    part.receiver?.contentEnds()
    add(part)
    lacksCR = false
  }

  private func add(_ part: Part) {
    if body.parts.count < context.options.maxParts {
      body.parts.append(part)
    } else {
      body.partsNotListed &+= 1
      context.partsCut &+= 1
    }
  }

  /// Records a gap in the content of the body.
  func gap(_ length: Int64) {
    guard !isOver else { return }
    if place == .content, matched > 0 { giveMatched(before: body.length &- length) }
    matched = 0
    lacksCR = false
    // The header of a part is not read on after a gap.
    if place == .header || place == .delimiterLine { place = .outside }
  }

  /// Ends the body, and with it an open part.
  func finish() {
    guard !isOver, place == .content, var part else { return }
    giveMatched(before: body.length)
    self.part = nil
    part.range.length = max(0, body.length &- part.range.offset)
    part.receiver?.contentEnds()
    add(part)
  }
}
