/// Writer and reader of a record: one function goes through the fields for both, so that they cannot disagree.
///
/// Numbers have seven bits a byte, the lowest first; texts and lists follow their length. What is read from a damaged record is zero or
/// empty, and ``isDamaged`` says so.
struct FieldCoder {
  /// Bytes that were written; those that are left to read are in `rest`.
  private(set) var bytes: [UInt8] = []
  private var rest = OrderBytes([])
  private let isReading: Bool
  /// Whether the record that is read does not have the fields that were asked for.
  private(set) var isDamaged = false

  /// Creates a writer.
  init() { isReading = false }

  /// Creates a reader of a record.
  init(reading bytes: [UInt8]) {
    isReading = true
    rest = OrderBytes(bytes)
  }

  /// Whether everything was read.
  var isAtEnd: Bool { rest.position == rest.bytes.count }

  mutating func code(_ value: inout UInt64) {
    if isReading { value = read { $0.varint() } ?? 0 } else { bytes.append(varint: value) }
  }

  mutating func code(_ value: inout Int64) {
    var bits = value.zigzag
    code(&bits)
    value = Int64(zigzag: bits)
  }

  mutating func code(_ value: inout Bool) {
    var number: UInt64 = value ? 1 : 0
    code(&number)
    value = number != 0
  }

  mutating func code(_ value: inout [UInt8]) {
    var count = UInt64(value.count)
    code(&count)
    if isReading { value = read { $0.take(Int(clamping: count)) } ?? [] } else { bytes += value }
  }

  mutating func code(_ value: inout String) {
    var text = Array(value.utf8)
    code(&text)
    if isReading { value = String(decoding: text, as: UTF8.self) }
  }

  /// Codes a value that may be missing; `empty` is what a present one is read into.
  mutating func code<Value>(_ value: inout Value?, empty: Value, _ body: (inout FieldCoder, inout Value) -> Void) {
    var isPresent = value != nil
    code(&isPresent)
    guard isPresent else {
      value = nil
      return
    }
    var present = value ?? empty
    body(&self, &present)
    value = present
  }

  /// Codes a list; `empty` is what each element is read into.
  mutating func code<Element>(_ list: inout [Element], empty: Element, _ body: (inout FieldCoder, inout Element) -> Void) {
    var count = UInt64(list.count)
    code(&count)
    guard isReading else {
      for var element in list { body(&self, &element) }
      return
    }
    list = []
    // Every element has a byte at least, so that a damaged number cannot make a long list.
    while !isDamaged, UInt64(list.count) < count {
      var element = empty
      body(&self, &element)
      if !isDamaged { list.append(element) }
    }
  }

  private mutating func read<Value>(_ body: (inout OrderBytes) -> Value?) -> Value? {
    let value = isDamaged ? nil : body(&rest)
    if value == nil { isDamaged = true }
    return value
  }
}

/// Value with a record of its fields.
protocol CodedRecord {
  /// Creates the value that a record is read into.
  init()

  /// Writes or reads all fields.
  mutating func code(_ coder: inout FieldCoder)
}

extension CodedRecord {
  /// Bytes of the record.
  var record: [UInt8] {
    var copy = self
    var coder = FieldCoder()
    copy.code(&coder)
    return coder.bytes
  }

  /// Reads a record; nil if it is damaged.
  init?(record: [UInt8]) {
    self.init()
    var coder = FieldCoder(reading: record)
    code(&coder)
    if coder.isDamaged || !coder.isAtEnd { return nil }
  }
}
