package import FlowFiles
internal import Packets
package import Reassembly

/// The options of a run, for the library and for the command line alike.
package struct HuntOptions: Codable, Equatable, Sendable {
  // Milliseconds of packet time; 0: none. nil: the default.
  package var gapTimeout: Int64?
  package var idleTimeout: Int64?
  package var synTimeout: Int64?
  package var closeDelay: Int64?
  package var stragglerTime: Int64?
  package var fragmentTimeout: Int64?
  // Pages; 0: no limit. nil: the default.
  package var connectionPages: Int?
  package var totalPages: Int?
  package var fragmentMemory: Int?
  package var maxConnections: Int?
  package var overlapPolicy = "first"
  package var fragmentPolicy = "first"
  package var defragments = true
  /// Bits of `KeyScopes`.
  package var keys: UInt8 = 0
  package var requiresHandshake = false
  package var verifiesChecksums = false
  package var checksStates = false
  package var checksOptions = false
  package var template: String?
  package var skipsGaps = false
  package var maxGap: Int?
  package var maxHoles: Int?
  package var hashes = false
  package var writesEmpty = false
  package var minBytes: Int?
  package var maxBytes: Int?
  // Of the streams of the bare engine; the command has no such habits.
  /// Every so many packets one is turned away; 0: none.
  package var rejectsEvery: UInt64 = 0
  /// This part of each delivery is kept for the next one; 0: none.
  package var keptPart = 0
  package var forgetsAtOnce = false

  package init() {}

  // MARK: For the library

  package var assembler: AssemblerOptions {
    var options = AssemblerOptions()
    options.measuresTiming = true
    func set(_ timer: inout PacketDuration?, _ milliseconds: Int64?) {
      if let milliseconds { timer = milliseconds == 0 ? nil : .milliseconds(milliseconds) }
    }
    set(&options.gapTimeout, gapTimeout)
    set(&options.idleTimeout, idleTimeout)
    set(&options.synTimeout, synTimeout)
    set(&options.closeDelay, closeDelay)
    set(&options.stragglerTime, stragglerTime)
    set(&options.fragmentTimeout, fragmentTimeout)
    func set(_ limit: inout Int?, _ value: Int?) {
      if let value { limit = value == 0 ? nil : value }
    }
    set(&options.connectionMemory, connectionPages.map { $0 * 4096 })
    set(&options.memoryLimit, totalPages.map { $0 * 4096 })
    set(&options.fragmentMemory, fragmentMemory)
    set(&options.maxConnections, maxConnections)
    options.overlapPolicy = OverlapPolicy(rawValue: overlapPolicy) ?? .first
    options.fragmentPolicy = FragmentPolicy(rawValue: fragmentPolicy) ?? .first
    options.defragments = defragments
    options.keyScopes = KeyScopes(rawValue: keys)
    options.requiresHandshake = requiresHandshake
    options.verifiesChecksums = verifiesChecksums
    return options
  }

  package func files() throws -> FlowFileOptions {
    var options = FlowFileOptions()
    options.keyScopes = KeyScopes(rawValue: keys)
    if let template { options.template = try NameTemplate(template) }
    options.gaps = skipsGaps ? .skip : .zero
    if let maxGap { options.maxGap = maxGap == 0 ? .max : Int64(maxGap) }
    if let maxHoles { options.maxHoles = maxHoles == 0 ? .max : Int64(maxHoles) }
    options.hashes = hashes
    options.checksStates = checksStates
    options.checksOptions = checksOptions
    options.writesEmpty = writesEmpty
    options.minBytes = Int64(minBytes ?? 0)
    if let maxBytes, maxBytes > 0 { options.maxBytes = Int64(maxBytes) }
    return options
  }

  // MARK: For the command

  package var arguments: [String] { streamArguments + fileArguments }

  /// Those that change streams.
  package var streamArguments: [String] {
    var all: [String] = []
    func option(_ name: String, _ value: String?) { if let value { all += ["--" + name, value] } }
    func flag(_ name: String, _ isSet: Bool) { if isSet { all.append("--" + name) } }
    func timer(_ name: String, _ milliseconds: Int64?) { option(name, milliseconds.map { $0 == 0 ? "0" : "\($0)ms" }) }
    timer("gap-timeout", gapTimeout)
    timer("idle-timeout", idleTimeout)
    timer("syn-timeout", synTimeout)
    timer("close-delay", closeDelay)
    timer("straggler-time", stragglerTime)
    timer("fragment-timeout", fragmentTimeout)
    option("connection-memory", connectionPages.map { String($0 * 4096) })
    option("memory-limit", totalPages.map { String($0 * 4096) })
    option("fragment-memory", fragmentMemory.map(String.init))
    option("max-connections", maxConnections.map(String.init))
    if overlapPolicy != "first" { option("overlap-policy", overlapPolicy) }
    if fragmentPolicy != "first" { option("fragment-policy", fragmentPolicy) }
    flag("no-defrag", !defragments)
    let names = [(KeyScopes.vlan, "vlan"), (.tunnel, "tunnel"), (.interface, "interface")]
    for (scope, name) in names where KeyScopes(rawValue: keys).contains(scope) { option("key", name) }
    flag("require-handshake", requiresHandshake)
    if verifiesChecksums { option("checksum", "verify") }
    flag("strict-state", checksStates)
    flag("strict-options", checksOptions)
    return all
  }

  /// Those that mean nothing where no files are written.
  private var fileArguments: [String] {
    var all: [String] = []
    if let template { all += ["--name-template", template] }
    if skipsGaps { all += ["--gaps", "skip"] }
    if let maxGap { all += ["--max-gap", String(maxGap)] }
    if let maxHoles { all += ["--max-holes", String(maxHoles)] }
    if hashes { all.append("--hash") }
    if writesEmpty { all.append("--write-empty") }
    if let minBytes { all += ["--min-bytes", String(minBytes)] }
    if let maxBytes { all += ["--max-bytes", String(maxBytes)] }
    return all
  }

  /// Copies of these options with one of them left at its default.
  package var simpler: [HuntOptions] {
    let standard = HuntOptions()
    var all: [HuntOptions] = []
    func reset<Value: Equatable>(_ option: WritableKeyPath<HuntOptions, Value>) {
      guard self[keyPath: option] != standard[keyPath: option] else { return }
      var copy = self
      copy[keyPath: option] = standard[keyPath: option]
      all.append(copy)
    }
    for option in [\Self.gapTimeout, \.idleTimeout, \.synTimeout, \.closeDelay, \.stragglerTime, \.fragmentTimeout] { reset(option) }
    for option in [\Self.connectionPages, \.totalPages, \.fragmentMemory, \.maxConnections, \.maxGap, \.maxHoles, \.minBytes, \.maxBytes] {
      reset(option)
    }
    for option in [\Self.defragments, \.requiresHandshake, \.verifiesChecksums, \.checksStates, \.checksOptions, \.skipsGaps] {
      reset(option)
    }
    for option in [\Self.hashes, \.writesEmpty, \.forgetsAtOnce] { reset(option) }
    reset(\.overlapPolicy)
    reset(\.fragmentPolicy)
    reset(\.keys)
    reset(\.template)
    reset(\.rejectsEvery)
    reset(\.keptPart)
    return all
  }
}
