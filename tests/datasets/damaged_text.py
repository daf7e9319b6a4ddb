"""Ways to damage text files, each labelled: HARMFUL must be refused, HARMLESS must load equal values.

A mutation takes the bytes of a good file and a random generator, and gives the bytes of the damaged file. Only
mutations whose effect is certain are listed: a flipped bit inside a float, for instance, gives another float.
"""

import re
import zlib

import numpy as np

# ------------------------------------------------------------------ text


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def _edit_word(data, rng, pick, change):
    """Changes one random word; ``pick(line_words, index)`` says which words qualify."""
    rows = [line.split(b" ") for line in data.rstrip(b"\n").split(b"\n")]
    places = [(i, j) for i, words in enumerate(rows) for j in range(len(words)) if pick(words, j)]
    i, j = places[rng.integers(len(places))]
    rows[i][j] = change(rows[i][j])
    return b"\n".join(b" ".join(words) for words in rows) + b"\n"


def _is_number(words, j):
    return j > 0


def insert_byte(value):
    def mutate(data, rng):
        at = int(rng.integers(len(data) + 1))
        return data[:at] + value + data[at:]

    return mutate


def binary_byte(data, rng):
    at = int(rng.integers(len(data)))
    return data[:at] + bytes([int(rng.integers(128, 256))]) + data[at + 1 :]


def change_number(replacement):
    return lambda data, rng: _edit_word(data, rng, _is_number, lambda word: replacement)


def letter_for_digit(data, rng):
    def change(word):
        digits = [m.start() for m in re.finditer(rb"\d", word)]
        at = digits[rng.integers(len(digits))]
        return word[:at] + b"O" + word[at + 1 :]

    return _edit_word(data, rng, _is_number, change)


def drop_number(data, rng):
    return re.sub(rb" +(?= |\n)", b"", _edit_word(data, rng, _is_number, lambda word: b""))


def add_number(data, rng):
    return _edit_word(data, rng, _is_number, lambda word: word + b" 0.5")


def glue_numbers(data, rng):
    line = _lines(data)[0]
    at = line.rindex(b" ")
    return line[:at] + line[at + 1 :] + b"".join(_lines(data)[1:])


def join_lines(data, rng):
    lines = _lines(data)
    at = int(rng.integers(len(lines) - 1))
    lines[at] = lines[at].rstrip(b"\n") + b" "
    return b"".join(lines)


def cut_in_line(columns):
    """Cuts the file inside a line, so that at most ``columns`` words of it stay."""

    def mutate(data, rng):
        lines = _lines(data)
        at = int(rng.integers(len(lines)))
        words = lines[at].split()
        kept = int(rng.integers(1, min(columns, len(words) - 1) + 1))
        return b"".join(lines[:at]) + b" ".join(words[:kept])

    return mutate


TEXT_HARMFUL = {
    "NUL byte": insert_byte(b"\0"),
    "byte over 127": binary_byte,
    "control byte": insert_byte(b"\x1a"),
    "byte order mark": lambda data, rng: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data, rng: data.decode().encode("utf-16"),
    "all NUL": lambda data, rng: bytes(len(data)),
    "gzip": lambda data, rng: zlib.compress(data),
}
TEXT_HARMLESS = {
    "Windows line ends": lambda data, rng: data.replace(b"\n", b"\r\n"),
    "blank lines": lambda data, rng: b"\n".join(_lines(data)) + b"\n  \n\n",
    "trailing spaces": lambda data, rng: data.replace(b"\n", b" " * int(rng.integers(1, 5)) + b"\n"),
    "no last line end": lambda data, rng: data.rstrip(b"\n"),
    "leading spaces": lambda data, rng: b"  " + data.replace(b"\n", b"\n\t").rstrip(b"\t"),
}
NUMBERS_HARMFUL = {
    "letter for a digit": letter_for_digit,
    "NaN": change_number(b"nan"),
    "infinite": change_number(b"-inf"),
    "overflow": change_number(b"1e999"),
    "comma": change_number(b"1,5"),
    "two points": change_number(b"1.2.3"),
    "underscore": change_number(b"1_0"),
    "hexadecimal": change_number(b"0x1f"),
    "number lost": drop_number,
    "number too many": add_number,
    "numbers run together": glue_numbers,
    "lines run together": join_lines,
}
NUMBERS_HARMLESS = {
    "tabs": lambda data, rng: data.replace(b" ", b"\t"),
    "many spaces": lambda data, rng: data.replace(b" ", b" " * int(rng.integers(2, 6))),
    "longer numbers": lambda data, rng: re.sub(rb"(?<= )(-?\d+\.\d+)(?=[ e\n])", rb"\g<1>000", data),
}

# ------------------------------------------------------------------ labels


def _column(index, value, *, objects_only=True):
    def pick(words, j):
        return j == index and not (objects_only and words[0] == b"DontCare")

    return lambda data, rng: _edit_word(data, rng, pick, lambda word: value(word, rng) if callable(value) else value)


LABELS_HARMFUL = {
    "size negative": lambda data, rng: _column(int(rng.integers(8, 11)), lambda w, _: b"-" + w)(data, rng),
    "size zero": lambda data, rng: _column(int(rng.integers(8, 11)), b"0.00")(data, rng),
    "occlusion not whole": _column(2, b"0.5"),
    "class lost": lambda data, rng: data[data.index(b" ") + 1 :],
    "class last": lambda data, rng: b"".join(
        b" ".join([*w[1:], w[0]]) + b"\n" for w in (line.split() for line in _lines(data))
    ),
    "cut in a line": cut_in_line(14),
    "old Mac line ends": lambda data, rng: data.replace(b"\n", b"\r"),
    "score in one line": lambda data, rng: data.rstrip(b"\n") + b" 0.9\n",
}
LABELS_HARMLESS = {
    "plus signs": lambda data, rng: re.sub(rb" (?=\d)", b" +", data),
    "exponents": lambda data, rng: re.sub(rb"(?<= )(-?\d+\.\d+)(?= |\n)", rb"\g<1>e0", data),
    "occlusion with decimals": _column(2, lambda word, _: word + b".0", objects_only=False),
}

# ------------------------------------------------------------------ calibration


def _row(key, change):
    """Changes the numbers of one matrix: ``change((3, n) array, rng)``."""

    def mutate(data, rng):
        lines = _lines(data)
        at = next(i for i, line in enumerate(lines) if line.startswith(key.encode() + b":"))
        matrix = np.array(lines[at].split()[1:], dtype=float).reshape(3, -1)
        changed = change(matrix, rng)
        lines[at] = f"{key}: {' '.join(map(repr, changed.ravel().tolist()))}\n".encode()
        return b"".join(lines)

    return mutate


def _rigid(change):
    """The same change to a random one of the rigid matrices."""

    def mutate(data, rng):
        key = ("R0_rect", "Tr_velo_to_cam", "Tr_imu_to_velo")[rng.integers(3)]
        return _row(key, change)(data, rng)

    return mutate


def _with(matrix, index, value):
    matrix = matrix.copy()
    matrix[index] = value
    return matrix


def _damaged_digit(matrix, rng):
    # The largest entry of a row of a rotation is over 0.57; a wrong first digit moves it by 0.1 or more.
    row = rng.integers(3)
    column = np.abs(matrix[row, :3]).argmax()
    return _with(matrix, (row, column), matrix[row, column] - np.sign(matrix[row, column]) * 0.1 * rng.integers(1, 6))


def _rename(**names):
    def mutate(data, rng):
        def swap(match):
            return names.get(match.group(1).decode(), match.group(1).decode()).encode() + b":"

        return re.sub(rb"^(\w+):", swap, data, flags=re.MULTILINE)

    return mutate


def _drop_line(*keys):
    def mutate(data, rng):
        key = keys[rng.integers(len(keys))].encode()
        return b"".join(line for line in _lines(data) if not line.startswith(key + b":"))

    return mutate


def _shuffle_lines(data, rng):
    lines = _lines(data)
    return b"".join(lines[i] for i in rng.permutation(len(lines)))


def _repeat_line(data, rng):
    lines = _lines(data)
    return data + lines[rng.integers(len(lines))]


CALIBRATION_HARMFUL = {
    "digit of a rotation": _rigid(_damaged_digit),
    "exponent of a rotation": _rigid(
        lambda m, rng: _with(m, (1, np.abs(m[1, :3]).argmax()), 10 * np.abs(m[1, :3]).max())
    ),
    "row scaled": _rigid(lambda m, rng: m * [[1], [1.01], [1]]),
    "row negated": _rigid(lambda m, rng: m * [[1], [1], [-1]]),
    "rows swapped": _rigid(lambda m, rng: m[[1, 0, 2]]),
    "all zero": _rigid(lambda m, rng: 0 * m),
    "stored column by column": _row("Tr_velo_to_cam", lambda m, rng: np.ascontiguousarray(m.T)),
    "rotation transposed": _row("Tr_velo_to_cam", lambda m, rng: np.concatenate([m[:, :3].T, m[:, 3:]], axis=1)),
    "transforms swapped": _rename(Tr_velo_to_cam="Tr_imu_to_velo", Tr_imu_to_velo="Tr_velo_to_cam"),
    "projection and transform swapped": _rename(P2="Tr_velo_to_cam", Tr_velo_to_cam="P2"),
    "focal length zero": _row("P2", lambda m, rng: _with(m, (0, 0), 0.0)),
    "focal length negative": _row("P2", lambda m, rng: _with(m, (1, 1), -m[1, 1])),
    "projection's last row": _row("P2", lambda m, rng: _with(m, (2, rng.integers(3)), 0.5)),
    "projection column by column": _row("P2", lambda m, rng: np.ascontiguousarray(m.T)),
    "needed line lost": _drop_line("P2", "R0_rect", "Tr_velo_to_cam"),
    "line twice": _repeat_line,
    "cut in a line": cut_in_line(9),
    "old Mac line ends": lambda data, rng: data.replace(b"\n", b"\r"),
}
CALIBRATION_HARMLESS = {
    "lines in another order": _shuffle_lines,
    "unknown keys": lambda data, rng: b"calib_time: 09-Jan-2012 13:57:47\n" + data + b"corner_dist: 9.95e-02\n",
    "other spellings": _rename(R0_rect="R_rect", Tr_velo_to_cam="Tr_velo_cam", Tr_imu_to_velo="Tr_imu_velo"),
    "no colons": lambda data, rng: data.replace(b":", b""),
    "optional lines lost": _drop_line("P0", "P1", "P3", "Tr_imu_to_velo"),
    "exponents written out": lambda data, rng: data.replace(b"e+00", b"E0"),
}

# ------------------------------------------------------------------ splits


def _edit_line(change):
    def mutate(data, rng):
        lines = _lines(data)
        at = int(rng.integers(len(lines)))
        lines[at] = change(lines[at].rstrip(b"\n"), lines, rng) + b"\n"
        return b"".join(lines)

    return mutate


SPLITS_HARMFUL = {
    "id twice": lambda data, rng: data + _lines(data)[rng.integers(len(_lines(data)))],
    "letter for a digit": _edit_line(lambda line, lines, rng: line[:3] + b"O" + line[4:]),
    "digit lost": _edit_line(lambda line, lines, rng: line[1:]),
    "digit too many": _edit_line(lambda line, lines, rng: line + b"0"),
    "two on a line": join_lines,
    "commas": lambda data, rng: data.replace(b"\n", b",\n"),
    "with suffix": _edit_line(lambda line, lines, rng: line + b".png"),
    "path": _edit_line(lambda line, lines, rng: b"../" + line),
    "negative": _edit_line(lambda line, lines, rng: b"-" + line[1:]),
    "empty": lambda data, rng: b"",
    "only blanks": lambda data, rng: b"\n \n\n",
    "cut in an id": lambda data, rng: data[: -1 - int(rng.integers(1, 6))],
    "old Mac line ends": lambda data, rng: data.replace(b"\n", b"\r"),
}
