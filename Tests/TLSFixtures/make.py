#!/usr/bin/env python3
"""Makes the captures of TLS under Fixtures: Tests/TLSFixtures/make.py [NAME ...]

Each is a conversation of `openssl s_client` and `openssl s_server -rev` on loopback: the server answers each line with the line turned round,
so what the clear bytes must be can be told from the clear bytes. In a fixture of HTTP it answers a request with a file, and a CONNECT that a
proxy accepted precedes the conversation. A relay between them notes what each end sent, and that is written as a capture with made-up
addresses. The key log lies beside it. Keys and randoms are new each time; the fixtures that are committed stay."""
import os, select, shutil, socket, struct, subprocess, sys, tempfile, threading, time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'Fixtures')
LINES = ['the quick brown fox', 'x' * 700, 'jumps over'] + ['line %d of a longer talk' % n for n in range(12)]

# name: (server options, client options, what the client types, connections, what it shows)
CASES = {
    'tls13': ('', '-ciphersuites TLS_AES_128_GCM_SHA256', LINES, 1, 'TLS 1.3 with AES-128-GCM.'),
    'tls13-chacha20': ('', '-ciphersuites TLS_CHACHA20_POLY1305_SHA256', LINES, 1, 'TLS 1.3 with ChaCha20-Poly1305.'),
    'tls13-key-update': ('', '', LINES[:4] + ['K'] + LINES[4:8] + ['k'] + LINES[8:], 1, 'TLS 1.3; the client changes its key twice, the server once.'),
    'tls13-hello-retry': ('-groups P-384', '-groups X25519:P-384', LINES[:5], 1, 'TLS 1.3 with a HelloRetryRequest.'),
    'tls13-padding': ('-record_padding 512', '-record_padding 256', LINES[:6], 1, 'TLS 1.3; records are padded.'),
    'tls13-resumed': ('', '', LINES[:4], 2, 'TLS 1.3; the second connection resumes the session of the first.'),
    'tls13-early-data': ('-early_data -no_anti_replay', '', LINES[:4], 'early', 'TLS 1.3; the second connection sends early data, which the server takes.'),
    'tls13-early-data-rejected': ('-early_data', '', LINES[:4], 'replay', 'TLS 1.3; the third connection sends early data with a session that was used, and the server does not take it.'),
    'tls12': ('-tls1_2', '-cipher ECDHE-RSA-AES256-GCM-SHA384', LINES, 1, 'TLS 1.2 with AES-256-GCM.'),
    'tls12-chacha20': ('-tls1_2', '-cipher ECDHE-RSA-CHACHA20-POLY1305', LINES[:5], 1, 'TLS 1.2 with ChaCha20-Poly1305.'),
    'tls12-ccm8': ('-tls1_2 -cipher ALL:@SECLEVEL=0', '-cipher AES128-CCM8:@SECLEVEL=0', LINES[:5], 1, 'TLS 1.2 with AES-128-CCM and a tag of eight bytes.'),
    'tls12-cbc': ('-tls1_2 -no_etm', '-cipher AES128-SHA256', LINES[:8], 1, 'TLS 1.2 with AES-CBC and the MAC inside.'),
    'tls12-cbc-mac-outside': ('-tls1_2', '-cipher ECDHE-RSA-AES256-SHA384', LINES[:8], 1, 'TLS 1.2 with AES-CBC and the MAC outside.'),
    'tls12-resumed': ('-tls1_2 -no_ticket', '', LINES[:4], 2, 'TLS 1.2; the second connection resumes a session by its ID.'),
    'tls12-resumed-ticket': ('-tls1_2', '', LINES[:4], 2, 'TLS 1.2; the second connection resumes a session by its ticket.'),
    'tls12-renegotiation': ('-tls1_2 -client_renegotiation', '', LINES[:3] + ['R'] + LINES[3:7], 1, 'TLS 1.2; the client negotiates anew.'),
    'tls12-client-certificate': ('-tls1_2 -Verify 1 -max_send_frag 512', '-cert cert.pem -key key.pem', LINES[:4], 1, 'TLS 1.2; the client has a certificate, and records are short.'),
    'tls10-cbc': ('-tls1 -no_etm -cipher ALL:@SECLEVEL=0', '-tls1 -cipher AES128-SHA:@SECLEVEL=0', LINES[:8], 1, 'TLS 1.0: the vector of a record is the end of the one before it.'),
    'http-connect-tls': ('', '', ['GET /page HTTP/1.0\r\nHost: fixture.example\r\n\r'], 'connect', 'HTTP in TLS in the tunnel of a CONNECT.'),
    'http-tls13': ('-tls1_3', '', ['GET /page HTTP/1.0\r\nHost: fixture.example\r\n\r'], 'http', 'HTTP in TLS 1.3.'),
    'http-tls12-resumed': ('-tls1_2', '', ['GET /page HTTP/1.0\r\nHost: fixture.example\r\n\r'], 'http-resumed', 'HTTP in TLS 1.2; the second connection resumes the session of the first, so the client ends the handshake.'),
    'tls12-refused': ('-tls1_2 -cipher ALL:@SECLEVEL=0', '-tls1_2 -cipher ARIA128-GCM-SHA256:@SECLEVEL=0', LINES[:3], 1, 'TLS 1.2 with ARIA, which is not decrypted.'),
}


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Relay:
    """Carries bytes between a client and the server, and notes them in order."""

    def __init__(self, server_port):
        self.listener = socket.socket()
        self.listener.bind(('127.0.0.1', 0))
        self.listener.listen(1)
        self.port = self.listener.getsockname()[1]
        self.server_port = server_port

    def run(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(('127.0.0.1', self.server_port))
        sent, open_ = [], {client: server, server: client}
        while open_:
            for side in select.select(list(open_), [], [], 20)[0]:
                data = side.recv(65536)
                sent.append((side is client, data))
                if data:
                    try: open_[side].sendall(data) if side in open_ else None
                    except OSError: pass
                else:
                    other = open_.pop(side)
                    try: other.shutdown(socket.SHUT_WR)
                    except OSError: pass
        client.close(), server.close()
        return sent


TUNNEL = [
    (True, b'CONNECT fixture.example:443 HTTP/1.1\r\nHost: fixture.example:443\r\n\r\n'),
    (False, b'HTTP/1.1 200 Connection established\r\n\r\n'),
]


def converse(where, keys, server_options, client_options, lines, count, early, answer):
    port = free_port()
    server = subprocess.Popen(
        # With early data the server does not answer, because it refuses to do both.
        ['openssl', 's_server', '-accept', str(port), '-cert', 'cert.pem', '-key', 'key.pem', '-quiet'] + [answer] * (not early)
        + server_options.split(),
        cwd=where, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    conversations = []
    try:
        time.sleep(0.3)
        for number in range(count):
            relay = Relay(port)
            options = client_options.split() + ['-servername', 'fixture.example', '-keylogfile', keys]
            if count > 1: options += ['-sess_out', 'session'] if number == 0 else ['-sess_in', 'session']
            if early and number > 0: options += ['-early_data', 'early']
            client = subprocess.Popen(
                ['openssl', 's_client', '-connect', '127.0.0.1:%d' % relay.port] + options, cwd=where, stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            def type_lines():
                time.sleep(0.6)
                for line in lines:
                    client.stdin.write(line.encode() + b'\n')
                    client.stdin.flush()
                    time.sleep(0.15)
                # After its answer the server of HTTP closes, and the client is gone.
                try:
                    client.stdin.write(b'Q\n')
                    client.stdin.close()
                except BrokenPipeError: pass
            typist = threading.Thread(target=type_lines)
            typist.start()
            conversations.append(relay.run())
            typist.join()
            client.wait(10)
    finally:
        server.terminate()
        server.wait()
    return conversations


def write_capture(path, conversations):
    packets, clock = [], [1700000000.0]

    def packet(number, from_client, seq, ack, flags, data=b''):
        client, server = (b'\x0a\0\0\1', 40000 + number), (b'\x0a\0\0\2', 443)
        source, target = (client, server) if from_client else (server, client)
        tcp = struct.pack('>HHIIBBHHH', source[1], target[1], seq, ack, 0x50, flags, 65535, 0, 0) + data
        ip = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(tcp), len(packets) + 1, 0x4000, 64, 6, 0) + source[0] + target[0]
        total = sum(struct.unpack('>10H', ip))
        while total >> 16: total = (total & 0xffff) + (total >> 16)
        ip = ip[:10] + struct.pack('>H', ~total & 0xffff) + ip[12:]
        pseudo = source[0] + target[0] + struct.pack('>HH', 6, len(tcp)) + tcp + b'\0' * (len(tcp) & 1)
        total = sum(struct.unpack('>%dH' % (len(pseudo) // 2), pseudo))
        while total >> 16: total = (total & 0xffff) + (total >> 16)
        tcp = tcp[:16] + struct.pack('>H', ~total & 0xffff) + tcp[18:]
        clock[0] += 0.001
        packets.append((clock[0], b'\2\0\0\0\0\2\2\0\0\0\0\1\x08\0' + ip + tcp))

    for number, sent in enumerate(conversations):
        seq = {True: 1000, False: 5000}
        packet(number, True, 999 + 1 - 1, 0, 2)
        packet(number, False, 4999, 1000, 18)
        packet(number, True, 1000, 5000, 16)
        closed = set()
        for from_client, data in sent:
            if not data:
                packet(number, from_client, seq[from_client], seq[not from_client], 17)
                seq[from_client] += 1
                closed.add(from_client)
                continue
            for start in range(0, len(data), 1400):
                piece = data[start:start + 1400]
                packet(number, from_client, seq[from_client], seq[not from_client], 24, piece)
                seq[from_client] += len(piece)
        for side in (True, False):
            if side not in closed:
                packet(number, side, seq[side], seq[not side], 17)
                seq[side] += 1
        packet(number, True, seq[True], seq[False], 16)
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for at, raw in packets: f.write(struct.pack('<IIII', int(at), int(round(at % 1 * 1e6)), len(raw), len(raw)) + raw)


def main():
    where = tempfile.mkdtemp(prefix='tls-fixtures-')
    try:
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-out', 'cert.pem', '-subj',
             '/O=Fixtures/CN=fixture.example', '-days', '3650'], cwd=where, check=True, stderr=subprocess.DEVNULL)
        for name, text in (('early', 'sent early\n'), ('page', 'inside\n')):
            with open(os.path.join(where, name), 'w') as f: f.write(text)
        for name in sys.argv[1:] or CASES:
            server, client, lines, kind, words = CASES[name]
            keys = os.path.join(where, 'keys')
            if os.path.exists(keys): os.remove(keys)
            tunnel = TUNNEL if kind == 'connect' else []
            is_http = kind in ('connect', 'http', 'http-resumed')
            conversations = converse(
                where, keys, server, client, lines, {'early': 2, 'replay': 3, 'connect': 1, 'http': 1, 'http-resumed': 2}.get(kind, kind),
                kind in ('early', 'replay'), '-WWW' if is_http else '-rev')
            folder = os.path.join(ROOT, name)
            os.makedirs(folder, exist_ok=True)
            write_capture(os.path.join(folder, 'input.pcap'), [tunnel + sent for sent in conversations])
            shutil.copy(keys, os.path.join(folder, 'keys'))
            with open(os.path.join(folder, 'args'), 'w') as f: f.write('--keylog\nkeys\n' + '--http\n--har\n' * is_http)
            with open(os.path.join(folder, 'README.md'), 'w') as f: f.write('# %s\n\n%s\n\nMade by `Tests/TLSFixtures/make.py`.\n' % (name, words))
            print(name, [sum(len(d) for _, d in c) for c in conversations])
    finally:
        shutil.rmtree(where, ignore_errors=True)


main()
