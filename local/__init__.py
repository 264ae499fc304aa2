"""The local stack: template.yaml, deployed on an AWS that runs inside one process."""
