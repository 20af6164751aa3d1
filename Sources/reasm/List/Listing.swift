import FlowFiles
import Glibc
import Paths
import Reassembly

/// List of the connections of a run, which is printed at its end.
final class Listing {
  private static let batch = 64 << 10

  let factory: ListFactory
  private let options: ListOptions
  private let style: TerminalStyle
  /// Number of columns of the terminal, before a pager takes the output; nil without one.
  private let columns: Int?
  private var output: [UInt8] = []
  /// Error number of the write after which nothing more was printed; 0 if there was none.
  private var error: Int32 = 0

  /// Creates the list of a run.
  ///
  /// - Parameters:
  ///   - command: the parsed command line.
  ///   - spoolFolder: the folder for lines that memory does not hold.
  ///   - observer: an object that is notified of every completed connection.
  init(_ command: ReasmCommand, spoolFolder: FilePath, observer: any ConnectionObserver) {
    options = command.list
    style = TerminalStyle(command.console.color ?? .auto, descriptor: StandardStream.output.rawValue)
    columns = StandardStream.output.columns
    let list = ConnectionList(order: options.order, most: options.top, folder: spoolFolder)
    factory = ListFactory(
      list, checksStates: command.reassembly.strictState, checksOptions: command.reassembly.strictOptions, observer: observer)
  }

  /// Prints the list.
  ///
  /// - Returns: one line that states a failure; nil if there was none.
  func print() -> String? {
    let isWhole: Bool
    if let form = options.form {
      do throws(OutputError) { isWhole = try printLines(form) } catch { return error.description }
    } else {
      isWhole = printTable()
    }
    flush()
    // A reader that has seen enough is no failure.
    if error != 0, error != EPIPE { return "standard output: \(StandardStream.words(for: error)); the list ends there" }
    guard !isWhole else { return nil }
    let cause = factory.list.failure.map { "\($0)" } ?? "temporary file"
    return "\(cause); connections are missing in the list: make room there, name another folder with TMPDIR, or say --top"
  }

  private func printLines(_ form: ListForm) throws(OutputError) -> Bool {
    var lines = try ListLine(form)
    add(lines.header)
    return factory.list.forEach { row in
      add(lines.line(row))
      return error == 0
    }
  }

  private func printTable() -> Bool {
    let list = factory.list
    guard list.count > 0 else { return true }
    var table = ListTable(width: columns)
    var isWhole = list.forEach { row in
      table.measure(row)
      return true
    }
    table.fit()
    style.add(.heading, to: &output)
    add(Array(table.heading.utf8))
    style.add(.plain, to: &output)
    output.append(0x0a)
    isWhole =
      list.forEach { row in
        add(Array(table.line(row).utf8) + [0x0a])
        return error == 0
      } && isWhole
    if table.hidesStalls { isWhole = printStalls(table) && isWhole }
    let others = list.total - list.count
    if others > 0 { add(Array("... \(others) more, after these by \(options.order.rawValue)\n".utf8)) }
    return isWhole
  }

  /// Greatest number of connections whose stalls have a line below the table.
  private static let mostStalls = 10

  /// Prints what a narrow table leaves out.
  private func printStalls(_ table: ListTable) -> Bool {
    var count = 0
    let isWhole = factory.list.forEach { row in
      guard let line = table.stalls(row) else { return error == 0 }
      count += 1
      if count <= Self.mostStalls { add(Array(line.utf8) + [0x0a]) }
      return error == 0
    }
    if count > Self.mostStalls {
      add(Array("... \(count - Self.mostStalls) more with stalls; a wider terminal or --list=csv shows them\n".utf8))
    }
    return isWhole
  }

  private func add(_ bytes: [UInt8]) {
    output += bytes
    if output.count >= Self.batch { flush() }
  }

  private func flush() {
    guard error == 0, !output.isEmpty else { return }
    error = output.withUnsafeBufferPointer { StandardStream.output.writeAll($0) }
    output.removeAll(keepingCapacity: true)
  }
}
