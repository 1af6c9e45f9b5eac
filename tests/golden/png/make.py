"""Writes the files beside it: see README.md."""
import os
import struct
import zlib

here = os.path.dirname(os.path.abspath(__file__))
WIDTH, HEIGHT = 7, 5


def number(x, y, k):
    return (37 * x + 91 * y + 53 * k + x * y) % 256


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def paeth(a, b, c):
    return min((a, b, c), key=lambda value: abs(a + b - c - value))


def filtered(rows, step):
    """Each row by another filter."""
    result = b""
    for y, row in enumerate(rows):
        above = rows[y - 1] if y else bytes(len(row))
        result += bytes([y % 5])
        for i, byte in enumerate(row):
            a, b = row[i - step] if i >= step else 0, above[i]
            c = above[i - step] if i >= step else 0
            guess = [0, a, b, (a + b) // 2, paeth(a, b, c)][y % 5]
            result += bytes([(byte - guess) % 256])
    return result


def packed(y, bits):
    text = "".join(format(number(x, y, 0) >> (8 - bits), "0%db" % bits) for x in range(WIDTH))
    text += "0" * (-len(text) % 8)
    return bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8))


def write(name, kind, bits, rows, step, palette=b"", interlaced=0, pieces=1):
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, kind, 0, 0, interlaced)
    data = zlib.compress(filtered(rows, step), 9)
    cut = -(-len(data) // pieces)
    with open(os.path.join(here, name + ".png"), "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tEXt", b"Comment\0none"))
        if palette:
            file.write(chunk(b"PLTE", palette))
        for i in range(0, len(data), cut):
            file.write(chunk(b"IDAT", data[i:i + cut]))
        file.write(chunk(b"IEND", b""))


def pixels(channels, size=1):
    return [b"".join(bytes([number(x, y, k)]) + bytes([1] * (size - 1)) for x in range(WIDTH) for k in range(channels))
            for y in range(HEIGHT)]


write("grey", 0, 8, pixels(1), 1, pieces=3)
write("grey16", 0, 16, pixels(1, 2), 2)
write("grey_alpha", 4, 8, pixels(2), 2)
write("colour", 2, 8, pixels(3), 3)
write("colour_alpha", 6, 8, pixels(4), 4)
for bits in [1, 2, 4]:
    write("grey%d" % bits, 0, bits, [packed(y, bits) for y in range(HEIGHT)], 1)
palette = b"".join(bytes([number(i, 0, k) for k in range(3)]) for i in range(16))
write("palette", 3, 4, [packed(y, 4) for y in range(HEIGHT)], 1, palette)
write("few_colours", 3, 4, [packed(y, 4) for y in range(HEIGHT)], 1, palette[:9])
write("interlaced", 0, 8, pixels(1), 1, interlaced=1)
