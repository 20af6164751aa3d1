import ArgumentParser
import FlowFiles

/// Choice of the connections that are written, printed or listed.
struct SelectionOptions: ParsableArguments {
  @Option(
    name: .customLong("connection"),
    help: ArgumentHelp(
      """
      Write, print or list only this connection: an id of the index or of --list, ids such as 7,12-15, a Community ID, or an end such as \
      10.0.0.1:40000 or [2001:db8::1]:443. Repeat it, or put commas between. Ids and names are those of the whole capture.
      """, valueName: "which"),
    transform: ConnectionArgument.init(parsing:))
  var connections: [ConnectionArgument] = []

  /// Descriptions of the connections; empty if all are wanted.
  var patterns: [ConnectionPattern] { connections.flatMap(\.patterns) }
}

/// Descriptions of connections as on the command line, separated by commas.
struct ConnectionArgument {
  let patterns: [ConnectionPattern]

  init(parsing text: String) throws {
    patterns = try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
      guard let pattern = ConnectionPattern(String(word)) else {
        throw ValidationError(
          "'\(word)' names no connection: say an id from 1 on, ids such as 12-15, a Community ID, 10.0.0.1:40000 or [2001:db8::1]:443")
      }
      return pattern
    }
  }
}
