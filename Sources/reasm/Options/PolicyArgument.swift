import ArgumentParser
import Reassembly

/// Overlap policy, by its own name or by that of a system that behaves in this way.
struct OverlapPolicyArgument: ExpressibleByArgument, CustomStringConvertible {
  var policy: OverlapPolicy

  private static let aliases: [(name: String, policy: OverlapPolicy)] = [
    ("vista", .first), ("windows", .bsd), ("macos", .bsd), ("hpux11", .solaris),
  ]

  init(_ policy: OverlapPolicy) { self.policy = policy }

  init?(argument: String) {
    guard let policy = OverlapPolicy(rawValue: argument) ?? Self.aliases.first(where: { $0.name == argument })?.policy else { return nil }
    self.policy = policy
  }

  static var allValueStrings: [String] { OverlapPolicy.allCases.map(\.rawValue) + aliases.map(\.name) }

  var defaultValueDescription: String { policy.rawValue }
  var description: String { policy.rawValue }
}

/// Policy for overlapping IPv4 fragments.
struct FragmentPolicyArgument: ExpressibleByArgument, CustomStringConvertible {
  var policy: FragmentPolicy

  init(_ policy: FragmentPolicy) { self.policy = policy }

  init?(argument: String) {
    guard let policy = FragmentPolicy(rawValue: argument) else { return nil }
    self.policy = policy
  }

  static var allValueStrings: [String] { FragmentPolicy.allCases.map(\.rawValue) }

  var defaultValueDescription: String { policy.rawValue }
  var description: String { policy.rawValue }
}

/// Parts of a connection's identity besides addresses and ports: one word, or several separated by commas.
struct KeyArgument {
  var scopes: KeyScopes

  static let names: [(name: String, scope: KeyScopes)] = [("vlan", .vlan), ("tunnel", .tunnel), ("interface", .interface)]

  init(parsing text: String) throws {
    scopes = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let scope = Self.names.first(where: { $0.name == word })?.scope else {
        throw ValidationError("say vlan, tunnel or interface, several with commas between")
      }
      scopes.insert(scope)
    }
  }
}
