# Makes the man page of what `reasm --help` prints: awk -v version=0.1.0 -v sections=sections.man -f manual.awk
#
# The sections that the help does not have are taken from a file.
# The help has everything that the page needs, values and defaults too, and is itself recorded by a test.

function escaped(text) {
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  sub(/^[.']/, "\\\\\\&&", text)
  return text
}

# Names of options are bold, their values in italics.
function styled(names) {
  names = escaped(names)
  gsub(/\\-[A-Za-z\\-]+/, "\\fB&\\fR", names)
  gsub(/</, "\\fI", names)
  gsub(/>/, "\\fR", names)
  return names
}

function section(name) {
  print ".SH " name
  place = name
}

BEGIN {
  print ".TH REASM 1 \"\" \"reasm " version "\" \"User Commands\""
  section("NAME")
}

/^OVERVIEW: / {
  sub(/^OVERVIEW: /, "")
  printf "reasm \\- "
  $0 = tolower(substr($0, 1, 1)) substr($0, 2)
  place = "NAME"
}

/^USAGE: / {
  sub(/^USAGE: /, "")
  place = "SYNOPSIS"
}

/^Exit status: / {
  sub(/^Exit status: /, "")
  place = "EXIT STATUS"
}

/^[A-Z][^a-z]*:$/ {
  sub(/:$/, "")
  options = options ".SS " escaped($0) "\n"
  place = "OPTIONS"
  next
}

place == "OPTIONS" && /^  [-<]/ {
  match($0, /^  (-[^ ,]+(, )?)*( ?<[^>]+>)?/)
  names = substr($0, 3, RLENGTH - 2)
  text = substr($0, RLENGTH + 1)
  sub(/^ +/, "", text)
  options = options ".TP\n" styled(names) "\n" (text == "" ? "" : escaped(text) "\n")
  next
}

place == "OPTIONS" && NF {
  sub(/^ +/, "")
  options = options escaped($0) "\n"
  next
}

place == "SYNOPSIS" && NF {
  sub(/^ +/, "")
  usage = usage escaped($0) "\n.br\n"
  next
}

place == "EXIT STATUS" && NF {
  status = status escaped($0) "\n"
  next
}

# The end of the abstract, and what stands between it and the usage.
place == "NAME" && !NF {
  place = "DESCRIPTION"
  next
}

place == "NAME" {
  sub(/\.$/, "")
  print escaped($0)
  next
}

place == "DESCRIPTION" && /^Examples:/ {
  next
}

place == "DESCRIPTION" && /^  / {
  examples = examples escaped(substr($0, 3)) "\n"
  next
}

place == "DESCRIPTION" && NF {
  description = description escaped($0) "\n"
}

END {
  section("SYNOPSIS")
  printf "%s", usage
  section("DESCRIPTION")
  printf "%s", description
  section("OPTIONS")
  printf "%s", options
  section("EXIT STATUS")
  gsub(/; /, ".\n.br\n", status)
  printf "%s", status
  while ((getline line < sections) > 0) print line
  section("EXAMPLES")
  printf ".nf\n%s.fi\n", examples
  section("SEE ALSO")
  print ".BR reasm\\-output (5),"
  print ".BR tcpdump (1),"
  print ".BR pcap\\-filter (7)"
}
