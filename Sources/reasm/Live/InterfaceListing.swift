import Capture

/// List of interfaces for `-D` in columns: name, state, addresses, description.
struct InterfaceListing {
  let interfaces: [LiveInterface]

  var lines: [String] {
    let rows = interfaces.map { interface in
      let words = interface.words ?? (interface.isLoopback ? "Loopback" : "")
      return [interface.name, interface.isUp ? "up" : "down", interface.addresses.joined(separator: " "), words]
    }
    let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { index, cell in
        index < widths.count ? cell + String(repeating: " ", count: widths[index] - cell.count) : cell
      }
      let line = cells.joined(separator: "  ")
      return String(line[..<(line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex)])
    }
  }

  /// Prints the list on standard output, and ends the program.
  static func run() -> Never {
    do {
      StandardStream.output.showAndEnd(InterfaceListing(interfaces: try LiveInterface.all()).lines)
    } catch {
      StandardStream.error.message("\(error)")
      ExitStatus.failed.exit()
    }
  }
}
