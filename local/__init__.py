"""The local stack: template.yaml, deployed to an AWS emulator in one process."""
