"""What each stage of the pipeline makes of what the stages before it left in the workspace."""
