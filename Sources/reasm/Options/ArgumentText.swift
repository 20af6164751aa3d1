import ArgumentParser
import Paths

/// Reversible text form of the command line.
///
/// Arguments are bytes, and the parser takes text. A byte that is not part of valid UTF-8 becomes one of the last 256 private characters,
/// U+10FF00 plus the byte. So do the bytes of these characters themselves, so that different arguments become different texts.
enum ArgumentText {
  private static let standIns: ClosedRange<UInt32> = 0x10_ff00...0x10_ffff

  /// Arguments of the process, without its name.
  static var all: [String] {
    let arguments = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
    return arguments.dropFirst().compactMap { $0.map { text(of: FilePath(cString: $0).bytes) } }
  }

  static func text(of bytes: [UInt8]) -> String {
    var text = String.UnicodeScalarView()
    var parser = UTF8.ForwardParser()
    var rest = bytes.makeIterator()
    var position = 0
    func keep(_ count: Int) {
      for byte in bytes[position..<(position + count)] { text.append(Unicode.Scalar(standIns.lowerBound + UInt32(byte)) ?? "\u{fffd}") }
      position += count
    }
    while true {
      switch parser.parseScalar(from: &rest) {
      case .valid(let encoded):
        let scalar = UTF8.decode(encoded)
        if standIns.contains(scalar.value) {
          keep(encoded.count)
        } else {
          text.append(scalar)
          position += encoded.count
        }
      case .error(let length): keep(length)
      case .emptyInput: return String(text)
      }
    }
  }

  static func bytes(of text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      if let byte = byte(of: scalar) {
        bytes.append(byte)
      } else {
        bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
    return bytes
  }

  /// Returns the byte that a character represents; nil for an ordinary character.
  static func byte(of scalar: Unicode.Scalar) -> UInt8? {
    standIns.contains(scalar.value) ? UInt8(truncatingIfNeeded: scalar.value) : nil
  }
}

extension FilePath: ExpressibleByArgument {
  /// Creates a path from an argument, with its original bytes.
  public init?(argument: String) { self.init(ArgumentText.bytes(of: argument)) }
}
