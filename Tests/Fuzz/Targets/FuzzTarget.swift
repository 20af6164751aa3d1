/// What is fuzzed.
///
/// Each answers for any input what should not be: an empty list, or the engine is wrong.
///
/// The fuzzers and the test that replays the corpus call the same function.
enum FuzzTarget: String, CaseIterable {
  case decoder, fragments, assembler, http, http2, tls, match

  func problems(_ input: [UInt8]) -> [String] {
    switch self {
    case .decoder: DecoderTarget.problems(input)
    case .fragments: FragmentTarget.problems(input)
    case .assembler: AssemblerTarget.problems(input)
    case .http: HTTPTarget.problems(input, isHTTP2: false)
    case .http2: HTTPTarget.problems(input, isHTTP2: true)
    case .tls: TLSTarget.problems(input)
    case .match: MatchTarget.problems(input)
    }
  }
}
