from rrcat.fourier.workspace import BLOCK, N_BASIS, SIZE, make_work, padded


def test_padding_goes_to_whole_blocks():
    assert [padded(size) for size in (1, BLOCK, BLOCK + 1)] == [BLOCK, BLOCK, 2 * BLOCK]


def test_what_is_summed_beyond_the_basis_is_zero():
    work = make_work(3)
    assert work.basis.shape == (3, padded(N_BASIS))
    assert not work.basis[:, N_BASIS:].any()
    assert work.cross.size == padded(SIZE)
