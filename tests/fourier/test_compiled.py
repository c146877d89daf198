import numba
import pytest

from rrcat.fourier.compiled import _digest, kernel


def half(x):
    return x / 2


def test_kernel_is_compiled_and_kept():
    compiled = kernel(half)
    assert compiled(3.0) == 1.5
    assert compiled.stats.cache_path


def test_kernel_is_compiled_where_nothing_can_be_kept(monkeypatch):
    plain = numba.njit

    def without_a_folder(*args, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return plain(*args, **options)

    monkeypatch.setattr(numba, "njit", without_a_folder)
    assert kernel(half)(3.0) == 1.5


def test_division_by_zero_is_not_an_error():
    assert kernel(lambda x: 1.0 / x)(0.0) == pytest.approx(float("inf"))


def test_kept_code_goes_with_the_digest_of_the_folder():
    def third(x):
        return x / 3

    assert kernel(third).py_func.__qualname__.rpartition("_")[2] == _digest()
