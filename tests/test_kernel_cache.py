"""An edited kernel is never answered from numba's cache of the old one."""

import os
import subprocess
import sys

INNER = "from numba import njit\n@njit(cache=True)\ndef inner(x):\n    return x + {}\n"
OUTER = (
    "from numba import njit\nfrom monotakd.inner_kernels import inner\n"
    "@njit(cache=True)\ndef outer(x):\n    return inner(x)\n"
)


def test_a_kernel_notices_edits_of_what_it_inlines(tmp_path, monkeypatch):
    import monotakd

    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    package = tmp_path / "monotakd"
    package.mkdir()
    with open(monotakd.__file__) as source:
        (package / "__init__.py").write_text(source.read())
    (package / "outer_kernels.py").write_text(OUTER)
    answers = []
    for added in (1, 2):
        (package / "inner_kernels.py").write_text(INNER.format(added))
        script = "from monotakd.outer_kernels import outer; print(outer(10))"
        # Python's own cache tells times by the second: two versions within one would be taken for the same.
        told = {"cwd": tmp_path, "env": {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}}
        done = subprocess.run([sys.executable, "-c", script], **told, capture_output=True, text=True, check=True)
        answers.append(int(done.stdout))
    assert answers == [11, 12]
    assert len(list((package / "__pycache__").glob("kernels-*"))) == 2


def test_a_cache_of_the_users_own_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    script = "import os, monotakd; print(os.environ['NUMBA_CACHE_DIR'])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path)
