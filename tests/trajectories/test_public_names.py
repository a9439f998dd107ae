from diligence import trajectories


def test_every_public_name_is_there_once():
    names = trajectories.__all__
    assert len(set(names)) == len(names)
    assert all(hasattr(trajectories, name) for name in names)
