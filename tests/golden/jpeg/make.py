"""Writes the files beside it by cjpeg, and what djpeg makes of them: see README.md."""
import os
import subprocess

here = os.path.dirname(os.path.abspath(__file__))
WIDTH, HEIGHT = 29, 21


def number(x, y, k):
    """Waves, an edge and a little noise."""
    smooth = (9 * x + 5 * y + 40 * k) % 256 if k != 1 else 255 - 8 * y
    return max(0, min(255, smooth + (60 if x > 2 * y else 0) + (37 * x + 91 * y + 53 * k + x * y) % 13 - 60))


def source(width, height, channels):
    pixels = bytes(number(x, y, k) for y in range(height) for x in range(width) for k in range(channels))
    return b"P%d %d %d 255\n" % (5 if channels == 1 else 6, width, height) + pixels


def write(name, *how, width=WIDTH, height=HEIGHT, channels=3):
    path = os.path.join(here, name + ".jpg")
    made = subprocess.run(["cjpeg", *how], input=source(width, height, channels), stdout=subprocess.PIPE, check=True).stdout
    with open(path, "wb") as file:
        file.write(made)
    if name not in REFUSED:
        with open(os.path.join(here, name + ".ppm"), "wb") as file:
            file.write(subprocess.run(["djpeg", "-dct", "float", path], stdout=subprocess.PIPE, check=True).stdout)


REFUSED = ["arithmetic"]
write("grey", "-quality", "90", channels=1)
write("grey_progressive", "-quality", "60", "-progressive", channels=1)
write("full", "-quality", "90", "-sample", "1x1")
write("across", "-quality", "80", "-sample", "2x1")
write("down", "-quality", "80", "-sample", "1x2")
write("both", "-quality", "75")
write("four", "-quality", "80", "-sample", "4x1")
write("narrow", "-quality", "80", width=3, height=9)
write("coarse", "-quality", "5")
write("restarts", "-quality", "75", "-restart", "1B", "-optimize")
write("progressive", "-quality", "85", "-progressive")
write("progressive_restarts", "-quality", "50", "-progressive", "-restart", "1", "-sample", "2x1")
write("rgb", "-quality", "80", "-rgb")
write("arithmetic", "-quality", "75", "-arithmetic")
