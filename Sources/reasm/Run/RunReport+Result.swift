import Capture
import FlowFiles
import Packets
import Reassembly

extension RunReport {
  /// Creates the contents of run.json: what was read, with which options, and the results.
  init(_ result: RunResult, _ figures: RunReport.Output, _ command: ReasmCommand) {
    self.init(version: ReasmCommand.version)
    inputs = result.inputs.map { input in
      var entry = Input(file: input.path)
      entry.format = input.format?.container.rawValue
      entry.linkTypes = input.linkTypes.map { $0.libpcapName ?? String($0.rawValue) }
      entry.size = input.fileSize
      entry.sha256 = input.sha256
      entry.packets = input.packets
      entry.first = input.first
      entry.last = input.last
      entry.drops = input.drops
      entry.damagedBytes = input.damage.bytes
      entry.undescribedPackets = input.damage.undescribedPackets
      entry.untimedPackets = input.damage.untimedPackets
      entry.isTruncated = input.error?.reason == .truncated
      return entry
    }
    hashesInputs = command.output.hash
    filter = command.input.expression
    options = Self.options(command) + Self.extras(command)
    limits = Self.limits(result, command)
    if figures.gapsWithoutRoom > 0 {
      limits.append(Limit(name: "max_holes", value: Int64(command.output.maxHoles.bytes), hits: figures.gapsWithoutRoom))
    }
    if figures.mapsCut > 0 {
      limits.append(Limit(name: "mapped_gaps", value: Int64(FlowFileOptions().maxMappedGaps), hits: figures.mapsCut))
    }
    if figures.keyWaitRefusals > 0 {
      limits.append(Limit(name: "key_wait_memory", value: Int64(clamping: command.tls.keyWaitMemory.bytes), hits: figures.keyWaitRefusals))
    }
    limits += figures.http?.limits ?? []
    limits += figures.matches?.limits ?? []
    packets = result.packetsRead
    filteredPackets = result.packetsUsed
    cutPackets = result.packetsCut
    skipped = Dictionary(uniqueKeysWithValues: result.undecodedReasons.map { ($0.reason, $0.count) })
    passedOver = result.passedOver.largestFirst.map { PassedOverPackets(kind: $0.kind, packets: $0.packets) }
    otherPassedOver = result.passedOver.others
    statistics = result.statistics
    output = figures
    kernel = result.kernel.map { Kernel(received: $0.received, dropped: $0.dropped, droppedByInterface: $0.droppedByInterface) }
    exitStatus = result.status(requiringMatches: command, figures).rawValue
  }

  /// Returns every option that affects the output, under its name with `_` for `-`.
  private static func options(_ command: ReasmCommand) -> [(name: String, value: Value)] {
    let reassembly = command.reassembly
    let output = command.output
    let limits = command.limits
    var all: [(name: String, value: Value)] = [
      ("count", command.input.count.map { .integer(Int64(clamping: $0)) } ?? .none),
      ("name_template", .path(output.template)), ("gaps", .text(output.gaps.rawValue)),
      ("max_gap", output.maxGap.bytes == 0 ? .none : .integer(Int64(output.maxGap.bytes))), ("hash", .bool(output.hash)),
      ("overlap_policy", .text(reassembly.overlapPolicy.policy.rawValue)),
      ("fragment_policy", .text(reassembly.fragmentPolicy.policy.rawValue)), ("defrag", .bool(!reassembly.noDefrag)),
      ("checksum", .text(reassembly.checksum.rawValue)), ("require_handshake", .bool(reassembly.requireHandshake)),
      ("strict_state", .bool(reassembly.strictState)), ("strict_options", .bool(reassembly.strictOptions)),
      ("key", .list(KeyArgument.names.filter { reassembly.keyScopes.contains($0.scope) }.map(\.name))),
      ("gap_timeout", timer(limits.gapTimeout)), ("idle_timeout", timer(limits.idleTimeout)), ("syn_timeout", timer(limits.synTimeout)),
      ("close_delay", timer(limits.closeDelay)), ("straggler_time", timer(limits.stragglerTime)),
      ("fragment_timeout", timer(limits.fragmentTimeout)),
    ]
    if command.live.isLive {
      all += [
        ("promiscuous", .bool(!command.live.noPromiscuous)), ("time_stamp_type", command.live.timeStampType.map(Value.text) ?? .none),
        ("duration", command.live.duration.map(timer) ?? .none), ("snaplen", command.live.snaplen.map { .integer(Int64($0)) } ?? .none),
      ]
    }
    return all
  }

  /// Returns the options that run.json has only if they were given.
  private static func extras(_ command: ReasmCommand) -> [(name: String, value: Value)] {
    let output = command.output
    var given: [(name: String, value: Value)] = []
    if output.indexForm != .short { given.append(("index", .text(output.indexForm.rawValue))) }
    if output.noAnalysis { given.append(("analysis", .bool(false))) }
    if !command.selection.patterns.isEmpty { given.append(("connection", .list(command.selection.patterns.map(\.description)))) }
    if output.report { given.append(("report", .bool(true))) }
    if output.chunks { given.append(("chunks", .bool(true))) }
    if output.noStreams { given.append(("no_streams", .bool(true))) }
    if command.captures.pcap {
      given.append(("pcap", .bool(true)))
      given.append(("pcap_template", .path(command.captures.template)))
    }
    if output.tar != nil { given.append(("tar", .bool(true))) }
    if output.writeEmpty { given.append(("write_empty", .bool(true))) }
    let http = command.http
    if http.http {
      given.append(("http", .bool(true)))
      given.append(("http_max_body", http.maxBody.bytes == 0 ? .none : .integer(Int64(http.maxBody.bytes))))
      if http.names != .flat { given.append(("http_names", .text(http.names.rawValue))) }
      if http.only { given.append(("http_only", .bool(true))) }
      if http.har { given.append(("har", .bool(true))) }
      if http.harText != HTTPArguments.harTextDefault { given.append(("har_text", .integer(Int64(http.harText.bytes)))) }
      if http.parts { given.append(("http_parts", .bool(true))) }
    }
    let search = command.search
    if search.isWanted {
      given.append(("match", .integer(Int64(search.match.count))))
      if !search.matchFile.isEmpty { given.append(("match_file", .integer(Int64(search.matchFile.count)))) }
      if search.matching { given.append(("matching", .bool(true))) }
      if search.matchFixed { given.append(("match_fixed", .bool(true))) }
      given.append(("match_memory", search.matchMemory.bytes == 0 ? .none : .integer(Int64(search.matchMemory.bytes))))
    }
    if output.maxHoles != OutputOptions.maxHolesDefault { given.append(("max_holes", .integer(Int64(output.maxHoles.bytes)))) }
    if let size = output.minBytes { given.append(("min_bytes", .integer(Int64(size.bytes)))) }
    if let size = output.maxBytes { given.append(("max_bytes", .integer(Int64(size.bytes)))) }
    given += tlsOptions(command.tls)
    if !command.reassembly.decodeAs.isEmpty {
      given.append(("decode_as", .list(command.reassembly.decodeAs.map(\.description))))
    }
    return given
  }

  /// Returns the TLS options that were given, with the number of key logs instead of their paths, which are private.
  private static func tlsOptions(_ tls: TLSOptions) -> [(name: String, value: Value)] {
    var given: [(name: String, value: Value)] = []
    if tls.tls { given.append(("tls", .bool(true))) }
    if !tls.keylog.isEmpty { given.append(("keylog", .integer(Int64(tls.keylog.count)))) }
    if tls.noCiphertext { given.append(("ciphertext", .bool(false))) }
    if tls.tlsCertificates { given.append(("tls_certificates", .bool(true))) }
    if tls.keyWaitMemory != TLSOptions.keyWaitMemoryDefault {
      given.append(("key_wait_memory", .integer(Int64(clamping: tls.keyWaitMemory.bytes))))
    }
    return given
  }

  private static func timer(_ argument: DurationArgument) -> Value { argument.duration == nil ? .none : .text(argument.description) }

  private static func limits(_ result: RunResult, _ command: ReasmCommand) -> [Limit] {
    let total = result.statistics
    func limit(_ name: String, _ value: Int, _ hits: UInt64) -> Limit {
      Limit(name: name, value: value == 0 ? nil : Int64(value), hits: hits)
    }
    return [
      limit("connection_memory", command.limits.connectionMemory.bytes, total.pageLimitFlushes),
      limit("memory_limit", command.limits.memoryLimit.bytes, total.memoryLimitFlushes),
      limit("fragment_memory", command.limits.fragmentMemory.bytes, total.fragments.evicted),
      limit("max_connections", command.limits.maxConnections, total.evictedConnections),
    ]
  }
}
