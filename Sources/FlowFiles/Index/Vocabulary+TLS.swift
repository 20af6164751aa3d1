internal import TLS

// The words that the index has for what is known of TLS.

extension TLSFacts.Obstacle: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .key: ("key", "No secret of the connection is known, or a wrong one.")
    case .suite: ("suite", "Cipher suite, version or compression is none that is decrypted.")
    case .lostHello: ("lost_hello", "A hello was not captured.")
    case .midstream: ("midstream", "The capture begins in the middle of the connection.")
    case .waitingLimit: ("waiting_limit", "So much ciphertext waited for its key that `--key-wait-memory` was reached.")
    }
  }
}

extension ClearGap.Kind: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .lost: ("lost", "The capture lacks ciphertext.")
    case .key: ("key", "The ciphertext was captured, and no key for it is known.")
    case .rejected: ("rejected", "Tag or MAC of a record does not hold.")
    }
  }
}

extension ClearGap.Cause: OutputWordSource {
  var word: (name: StaticString, meaning: StaticString) {
    switch self {
    case .record: ("record", "The heads of the records were captured.")
    case .head: ("head", "Heads are missing too; the sequence number behind the gap tells how many records there were.")
    case .key: ("key", "The heads of records that no key is known for.")
    }
  }
}
