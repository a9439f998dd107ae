"""AI cost diligence for investors: split, trajectories, stress and memos."""
