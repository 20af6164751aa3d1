/// Error that patterns cannot be searched for.
public enum PatternError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The library cannot be loaded; the text is the system's reason.
  case libraryMissing(String)
  /// A pattern was refused; the text is the reason.
  case refused(name: [UInt8], reason: String)
  /// The patterns together cannot be compiled; the text is the reason.
  case tooMuch(String)
  /// A line of a file of patterns has another form than `name:/regex/flags`; the text is what is wrong.
  case line(Int, String)

  /// Message in one line, with advice.
  public var description: String {
    switch self {
    case .libraryMissing(let reason):
      "searching needs Vectorscan, install its library (apt-get install libvectorscan5): \(reason)"
    case .refused(let name, let reason): "pattern '\(String(decoding: name, as: UTF8.self))': \(reason)"
    case .tooMuch(let reason): "the patterns together: \(reason)"
    case .line(let number, let reason): "line \(number): \(reason)"
    }
  }
}
