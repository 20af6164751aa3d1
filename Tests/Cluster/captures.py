#!/usr/bin/env python3
"""Writes captures of short TCP connections into a folder: captures.py FOLDER CONNECTIONS

Four files have the packets of all connections in turn, so that every shard needs all of them. The same in every run.
"""
import os
import struct
import sys

folder, connections = sys.argv[1], int(sys.argv[2])
os.makedirs(folder)


def packet(number, time, flags, payload, *, reverse=False):
    """Returns a packet of a connection as pcap has it, without checksums."""
    client, server = b"\x0a\x00" + struct.pack("!H", number >> 8), b"\x0a\x01\x00" + bytes([number % 7])
    ports = (20000 + number % 256, 80)
    if reverse:
        client, server, ports = server, client, ports[::-1]
    sequence, acknowledgment = (5001, 1001 + 700) if reverse else (1001, 5001)
    if flags == 2:
        sequence, acknowledgment = sequence - 1, 0
    tcp = struct.pack("!HHIIBBHHH", *ports, sequence, acknowledgment, 5 << 4, flags, 65535, 0, 0) + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, client, server)
    frame = bytes(12) + b"\x08\x00" + ip + tcp
    return struct.pack("<IIII", 1_700_000_000 + time // 1000000, time % 1000000, len(frame), len(frame)) + frame


for part in range(4):
    with open(f"{folder}/{part}.pcap", "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in range(connections):
            time = part * 20_000_000 + number * 1_000
            if part == 0:
                file.write(packet(number, time, 2, b""))
            elif part == 1:
                file.write(packet(number, time, 24, bytes([65 + number % 26]) * 700))
            elif part == 2:
                file.write(packet(number, time, 24, bytes([97 + number % 26]) * (number % 1400 + 1), reverse=True))
            else:
                file.write(packet(number, time, 4, b""))
